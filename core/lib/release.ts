import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The product's version, `unknown` without a package.json. */
export const RELEASE = readRelease()

/** package.json is two folders above the sources, and one further up from `dist/`. */
function readRelease(): string {
	for (const up of ["../..", "../../.."]) {
		try {
			return JSON.parse(readFileSync(fileURLToPath(new URL(`${up}/package.json`, import.meta.url)), "utf8")).version
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
		}
	}
	return "unknown"
}
