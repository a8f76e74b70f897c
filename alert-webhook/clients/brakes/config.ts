import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { z } from "zod"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import type { SessionPrograms } from "../../domain/session-processes.ts"
import type { Brake } from "./brake.ts"
import { httpBrake } from "./http-endpoint.ts"
import { spendLimitBrake } from "./spend-limits.ts"

const url = z
	.url({ protocol: /^https?$/, error: "expected an http:// or https:// address" })
	.transform((text) => text.replace(/\/+$/, ""))
const file = z.string().min(1)

const brake = z.union(
	[
		z.strictObject({
			spend_limits: z.strictObject({
				url: url.default("https://api.anthropic.com"),
				key_file: file,
				scope: z.looseObject({ type: z.string().min(1) }).default({ type: "organization" }),
				period: z.enum(["daily", "weekly", "monthly"]).default("monthly"),
			}),
		}),
		z.strictObject({ http: z.strictObject({ url: z.url({ protocol: /^https?$/ }), token_file: file.optional() }) }),
	],
	{ error: "expected one of spend_limits: {url, key_file, scope, period}, http: {url, token_file}" },
)
const processes = z.strictObject({
	programs: z.array(z.string().startsWith("/", "expected an absolute path")).min(1).optional(),
	uids: z.array(z.int().min(0)).min(1).optional(),
})
const brakesFile = z.strictObject({
	brakes: z.record(z.string().min(1), brake).default({}),
	processes: processes.optional(),
})

export interface BrakesConfig {
	/** The limits at the model's side. */
	readonly brakes: readonly Brake[]
	/** The sessions of this host whose processes a stop ends; undefined when it ends none. */
	readonly processes: SessionPrograms | undefined
}

export const NO_BRAKES: BrakesConfig = { brakes: [], processes: undefined }

/** This program's user and the kind of its system. */
export interface Host {
	readonly uid: number
	readonly platform: NodeJS.Platform
}

/** Reads the file of brakes. @throws ObservatoryError naming every problem */
export function readBrakes(path: string, host: Host): BrakesConfig {
	let content: unknown
	try {
		content = parse(readFileSync(path, "utf8"))
	} catch (error) {
		throw new ObservatoryError("file_unreadable", `${path} cannot be read: ${messageOf(error)}`, {
			advice: "BRAKES_CONFIG names it; without the variable a stop has no brake beside the gate.",
			cause: error,
		})
	}
	const parsed = brakesFile.safeParse(content ?? {})
	if (!parsed.success) {
		const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`)
		throw new ObservatoryError("config_invalid", `${path}: ${problems.join("; ")}`, {
			advice: "docs/response.md describes the file.",
		})
	}
	const { programs, uids = [host.uid] } = parsed.data.processes ?? {}
	if (parsed.data.processes !== undefined && host.platform !== "linux")
		throw new ObservatoryError("config_invalid", `${path}: processes: sessions can be ended on Linux only`, {
			advice: "Remove `processes` from the file; the other brakes work on every system.",
		})
	const brakes = Object.entries(parsed.data.brakes).map(([name, one]) => {
		if ("http" in one) return httpBrake(name, { url: one.http.url, tokenFile: one.http.token_file })
		const { url, key_file: keyFile, scope, period } = one.spend_limits
		return spendLimitBrake(name, { url, keyFile, scope, period })
	})
	return { brakes, processes: parsed.data.processes && { programs, uids } }
}
