import { parse, YAMLError } from "yaml"
import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Incident } from "./propose.ts"

const time = z.iso.datetime({ offset: true, error: "expected a time such as 2026-03-01T10:00:00Z" })
const list = z.array(z.strictObject({ from: time, to: time }), { error: "expected a list of { from: TIME, to: TIME }" })

/**
 * The stretches of time in which something was wrong indeed, as people write them down: a YAML list of `from` and `to`.
 * @throws ObservatoryError `config_invalid`, with every problem
 */
export function readIncidents(name: string, text: string): Incident[] {
	const read = list.safeParse(parsed(name, text))
	if (!read.success)
		throw invalid(
			name,
			read.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message)),
		)
	const incidents = read.data.map(({ from, to }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) }))
	const reversed = incidents.flatMap(({ fromMs, toMs }, i) => (fromMs < toMs ? [] : [`${i}: it ends before it begins`]))
	if (reversed.length > 0) throw invalid(name, reversed)
	return incidents
}

function parsed(name: string, text: string): unknown {
	try {
		return parse(text, { schema: "core", maxAliasCount: 0 })
	} catch (error) {
		throw invalid(name, [error instanceof YAMLError ? error.message : String(error)])
	}
}

const invalid = (name: string, problems: readonly string[]) =>
	new ObservatoryError(
		"config_invalid",
		`${name} is not a list of incidents:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
		{
			advice: "Write one line for each: - { from: 2026-03-01T10:00:00Z, to: 2026-03-01T10:40:00Z }",
		},
	)
