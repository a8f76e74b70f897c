import { statSync } from "node:fs"
import path from "node:path"

/** Those of `files` that other users cannot reach, by the modes of the files and of the folders above. */
export const unreadableForOthers = (files: readonly string[]): string[] => files.filter((file) => !isOpen(file, 0o4))

function isOpen(file: string, bits: number): boolean {
	const parent = path.dirname(file)
	try {
		if ((statSync(file).mode & bits) !== bits) return false
	} catch {
		// One that does not exist yet, such as the flag: its folder says enough.
	}
	return parent === file || isOpen(parent, 0o1)
}
