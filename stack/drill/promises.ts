import { readFileSync } from "node:fs"
import { join } from "node:path"
import { compileAlerts } from "../../core/alerts/compile.ts"
import { createSource } from "../../core/alerts/source.ts"
import { total, worstDetection } from "../../core/alerts/timing.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"

/** The worst case from a fault to the first notification, in milliseconds, by `name` or `name/severity`. */
export type Promises = ReadonlyMap<string, number>

/**
 * What `npm run rules -- --explain` promises of each alert in `prometheus/alerts.yaml`. An alert of two severities has the
 * longer time under its name.
 *
 * @throws ObservatoryError `config_invalid`
 */
export function readPromises(projectRoot: string): Promises {
	const file = join(projectRoot, "prometheus/alerts.yaml")
	const compiled = compileAlerts(createSource(file, readFileSync(file, "utf8")))
	if (compiled.file === undefined)
		throw new ObservatoryError("config_invalid", "The alerts do not compile", { advice: "npm run rules says why." })
	const promises = new Map<string, number>()
	for (const { name, severity, trigger, forMs, volumes } of compiled.file.alerts) {
		const ms = total(worstDetection(trigger, forMs, severity, volumes))
		promises.set(`${name}/${severity}`, ms)
		promises.set(name, Math.max(ms, promises.get(name) ?? 0))
	}
	return promises
}
