import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join } from "node:path"

/** The first of `names` that `searchPath` (a PATH) has as an executable file; names count before folders. */
export function findProgram(names: readonly string[], searchPath: string): string | undefined {
	for (const name of names)
		for (const folder of searchPath.split(delimiter))
			if (folder !== "" && isProgram(join(folder, name))) return join(folder, name)
	return undefined
}

function isProgram(file: string): boolean {
	try {
		accessSync(file, constants.X_OK)
		return statSync(file).isFile()
	} catch {
		// Not there, or not ours to run: either way the search continues.
		return false
	}
}
