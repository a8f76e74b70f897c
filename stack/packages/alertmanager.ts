import { readFileSync, statSync } from "node:fs"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { writeAtomic } from "../../core/lib/files.ts"

const INSTALLED = "/usr/share/prometheus/alertmanager"
const RELATIVE = "alertmanager"

/**
 * Debian's Alertmanager reads its own templates from /usr/share, where an unpacked copy does not have them. The path
 * in the copy is replaced by a relative one of the same length, `.////…/alertmanager`, which leads to the unpacked
 * templates when it runs in their parent folder. Unchanged when there is no such path in it, as in other builds.
 */
export function relocate(binary: Buffer): Buffer {
	const replacement = Buffer.from(`.${"/".repeat(INSTALLED.length - RELATIVE.length - 1)}${RELATIVE}`)
	const changed = Buffer.from(binary)
	for (let at = changed.indexOf(INSTALLED); at !== -1; at = changed.indexOf(INSTALLED, at + 1))
		replacement.copy(changed, at)
	return changed
}

/**
 * Does that to a fetched Alertmanager; it then has to run in `usr/share/prometheus` of the same copy.
 *
 * @throws ObservatoryError `dependency_missing` when the package is not as expected
 */
export function relocateFile(file: string): void {
	const binary = readFileSync(file)
	const changed = relocate(binary)
	if (changed.equals(binary) && !binary.includes(`//${RELATIVE}`))
		throw new ObservatoryError("dependency_missing", `${file} does not look like Debian's Alertmanager`, {
			advice: "Install Alertmanager so that it is on the PATH; that one is then used.",
		})
	writeAtomic(file, changed, statSync(file).mode & 0o777)
}
