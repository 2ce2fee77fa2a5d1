package io.meshvine.fault.net;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system that belongs to one run: it can be filled, and copied as a power cut would leave it. Used by one thread. */
public final class Disk {
    private static final int BLOCK = 64 * 1024;
    private static final int SMALLEST = 512;

    private final Path mountPoint;

    private Disk(Path mountPoint) {
        this.mountPoint = mountPoint;
    }

    /** A disk in memory. */
    public static Disk inMemory(Path mountPoint, int megabytes) {
        create(mountPoint);
        Shell.run("mount -t tmpfs -o size=" + megabytes + "m none " + mountPoint);
        return new Disk(mountPoint);
    }

    /** An ext4 file system in an image file; needs root, for the loop device. */
    public static Disk inImage(Path image, Path mountPoint, int megabytes) {
        create(mountPoint);
        Shell.run("truncate -s " + megabytes + "M " + image);
        Shell.run("mkfs.ext4 -q -F " + image);
        return mountImage(image, mountPoint);
    }

    /** Mounts an image that has a file system already. */
    public static Disk mountImage(Path image, Path mountPoint) {
        create(mountPoint);
        Shell.run("mount -o loop " + image + " " + mountPoint);
        return new Disk(mountPoint);
    }

    private static void create(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path mountPoint() {
        return mountPoint;
    }

    /** Takes all the space that is left. */
    public void fill() {
        try (OutputStream filler = Files.newOutputStream(filler())) {
            fill(filler, BLOCK);
            fill(filler, SMALLEST);
        } catch (IOException e) {
            // Full: that is what was wanted, and closing may fail for the same reason.
            return;
        }
    }

    private static void fill(OutputStream filler, int block) {
        byte[] zeros = new byte[block];
        try {
            while (true) {
                filler.write(zeros);
            }
        } catch (IOException e) {
            // No space left for a block of this size.
            return;
        }
    }

    /** Gives the space back that {@link #fill} took. */
    public void free() {
        try {
            Files.deleteIfExists(filler());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path filler() {
        return mountPoint.resolve("filler");
    }

    public void unmount() {
        Shell.run("umount " + mountPoint);
    }
}
