import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"

const unitName = z.string().regex(/^[A-Za-z0-9@._:-]{1,200}$/, "expected the name of a systemd unit or a container")
// A name that begins with a dash would be taken as an option.
const name = unitName.refine((text) => !text.startsWith("-"), "expected a name that does not begin with a dash")

const lever = z.union(
	[
		z.strictObject({ systemd: name }),
		z.strictObject({ container: name, engine: z.enum(["docker", "podman"]).default("docker") }),
		z.strictObject({
			http: z.strictObject({ url: z.url({ protocol: /^https?$/ }), token_file: z.string().min(1).optional() }),
		}),
		z.strictObject({ exec: z.tuple([z.string().startsWith("/", "expected an absolute path")], z.string()) }),
	],
	{ error: "expected one of systemd: UNIT, container: NAME, http: {url, token_file}, exec: [/PROGRAM, ARGUMENT, …]" },
)
/** One way to restart one thing, as an operator has configured it. Nothing of it comes from an alert. */
export type Lever = z.output<typeof lever>

/** By name, as a map: a label of an alert that is called like a property of all objects finds nothing in it. */
const levers = z
	.record(z.string().min(1), lever)
	.default({})
	.transform((named): ReadonlyMap<string, Lever> => new Map(Object.entries(named)))

const leversFile = z.strictObject({ workers: levers, mcp_servers: levers })
export type Levers = z.output<typeof leversFile>

export const NO_LEVERS: Levers = { workers: new Map(), mcp_servers: new Map() }

/** Reads the file that says what remediations may restart, and how. @throws ObservatoryError naming every problem */
export function readLevers(file: string): Levers {
	let content: unknown
	try {
		content = parse(readFileSync(file, "utf8"))
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `${file} cannot be read: ${messageOf(error)}`, {
			advice: "REMEDIATION_CONFIG names it; leave the variable out to have nothing restarted.",
			cause: error,
		})
	}
	const parsed = leversFile.safeParse(content ?? {})
	if (parsed.success) return parsed.data
	const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`)
	throw new ObservatoryError("config_invalid", `${file}: ${problems.join("; ")}`, {
		advice: "docs/response.md shows what may stand in it.",
	})
}
