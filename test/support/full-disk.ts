import { spawnSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"

/** A small file system of its own, which can be filled. */
export interface SmallDisk {
	readonly folder: string
	/** Leaves not a single byte. */
	fill(): void
	/** Makes room again. */
	free(): void
	/** Makes it read-only: files can be neither written nor removed. `remove` still works. */
	freeze(): void
	remove(): void
}

/**
 * Mounts a file system of `size`, at `folder` or at a new one; undefined where that is not allowed (it needs root on
 * Linux).
 */
export function smallDisk(size = "1m", at?: string): SmallDisk | undefined {
	const folder = at ?? mkdtempSync(path.join(tmpdir(), "observatory-disk-"))
	const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder])
	if (mounted.status !== 0) {
		rmSync(folder, { recursive: true })
		return undefined
	}
	const filler = path.join(folder, "filler")
	return {
		folder,
		fill() {
			const fd = openSync(filler, "a")
			try {
				// The kernel counts free blocks by processor, and finds some that it had overlooked a moment later.
				for (let round = 0; round < 5; round++) {
					for (const size of [1_048_576, 4_096, 1]) fillWith(fd, size)
					Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
				}
			} finally {
				closeSync(fd)
			}
		},
		free: () => rmSync(filler, { force: true }),
		freeze() {
			const { status, stderr } = spawnSync("mount", ["-o", "remount,ro", folder], { encoding: "utf8" })
			if (status !== 0) throw new Error(`${folder} cannot be made read-only: ${stderr}`)
		},
		remove() {
			spawnSync("umount", ["-l", folder])
			rmSync(folder, { recursive: true, force: true })
		},
	}
}

function fillWith(fd: number, size: number): void {
	try {
		for (;;) writeSync(fd, Buffer.alloc(size))
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error
	}
}
