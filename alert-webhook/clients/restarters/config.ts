import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"

const unitName = z.string().regex(/^[A-Za-z0-9@._:-]{1,200}$/, "expected the name of a systemd unit or a container")
// A program would read a name that begins with a dash as an option.
const name = unitName.refine((text) => !text.startsWith("-"), "expected a name that does not begin with a dash")

const restarter = z.union(
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
/** One configured way to restart one thing. Nothing of it comes from an alert. */
export type Restarter = z.output<typeof restarter>

/** By name. A map, so that a label named like a property of every object finds nothing. */
const restarters = z
	.record(z.string().min(1), restarter)
	.default({})
	.transform((named): ReadonlyMap<string, Restarter> => new Map(Object.entries(named)))

const restartersFile = z.strictObject({ workers: restarters, mcp_servers: restarters })
export type Restarters = z.output<typeof restartersFile>

export const NO_RESTARTERS: Restarters = { workers: new Map(), mcp_servers: new Map() }

/** Reads the file of restart targets. @throws ObservatoryError naming every problem */
export function readRestarters(file: string): Restarters {
	let content: unknown
	try {
		content = parse(readFileSync(file, "utf8"))
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `${file} cannot be read: ${messageOf(error)}`, {
			advice: "REMEDIATION_CONFIG names it; without the variable nothing is restarted.",
			cause: error,
		})
	}
	const parsed = restartersFile.safeParse(content ?? {})
	if (parsed.success) return parsed.data
	const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`)
	throw new ObservatoryError("config_invalid", `${file}: ${problems.join("; ")}`, {
		advice: "docs/response.md describes the file.",
	})
}
