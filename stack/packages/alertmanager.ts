import { readFileSync, statSync } from "node:fs"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { writeAtomic } from "../../core/lib/files.ts"

const INSTALLED = "/usr/share/prometheus/alertmanager"
const RELATIVE = "alertmanager"

/**
 * Debian's Alertmanager reads its templates from /usr/share, which an unpacked copy lacks. The path in the copy is
 * replaced by a relative one of the same length, `.////…/alertmanager`, which leads to the unpacked templates when it
 * runs in their parent folder. A build without that path stays unchanged.
 */
export function relocate(binary: Buffer): Buffer {
	const replacement = Buffer.from(`.${"/".repeat(INSTALLED.length - RELATIVE.length - 1)}${RELATIVE}`)
	const changed = Buffer.from(binary)
	for (let at = changed.indexOf(INSTALLED); at !== -1; at = changed.indexOf(INSTALLED, at + 1))
		replacement.copy(changed, at)
	return changed
}

/**
 * Relocates a fetched Alertmanager; it must then run in `usr/share/prometheus` of the same copy.
 *
 * @throws ObservatoryError `dependency_missing` when the package is not as expected
 */
export function relocateFile(file: string): void {
	const binary = readFileSync(file)
	const changed = relocate(binary)
	if (changed.equals(binary) && !binary.includes(`//${RELATIVE}`))
		throw new ObservatoryError("dependency_missing", `${file} does not look like Debian's Alertmanager`, {
			advice: "Install Alertmanager and put it on the PATH.",
		})
	writeAtomic(file, changed, statSync(file).mode & 0o777)
}
