import { readFileSync } from "node:fs"
import { z } from "zod"
import { messageOf, ObservatoryError } from "./errors.ts"

export type Env = Readonly<Record<string, string | undefined>>

/**
 * Reads a process's configuration from its environment, once, against a zod object whose keys are variable names.
 * Every problem is reported in the same error. An empty variable or file counts as unset, and a variable `X_FILE`
 * gives the value of `X` from a file (trailing newline dropped), which is how secrets should arrive.
 *
 * @throws ObservatoryError `config_invalid`
 */
export function loadConfig<S extends z.ZodObject>(schema: S, env: Env): z.output<S> {
	const problems: string[] = []
	const input: Record<string, string> = {}
	for (const key of Object.keys(schema.shape)) {
		const value = env[key] || undefined
		const file = env[`${key}_FILE`] || undefined
		if (value !== undefined && file !== undefined) problems.push(`${key} and ${key}_FILE are both set; keep one`)
		else if (file !== undefined) readInto(input, key, file, problems)
		else if (value !== undefined) input[key] = value
	}
	const parsed = schema.safeParse(input)
	if (parsed.success && problems.length === 0) return parsed.data
	for (const issue of parsed.error?.issues ?? []) problems.push(`${issue.path.join(".")}: ${issue.message}`)
	throw new ObservatoryError(
		"config_invalid",
		`The environment is not usable:\n${problems.map((p) => `  - ${p}`).join("\n")}`,
		{
			advice: "Correct the variables above; the README lists every one with its default.",
		},
	)
}

function readInto(input: Record<string, string>, key: string, file: string, problems: string[]): void {
	try {
		const value = readFileSync(file, "utf8").replace(/\r?\n$/, "")
		if (value !== "") input[key] = value
	} catch (error) {
		problems.push(`${key}_FILE: ${messageOf(error)}`)
	}
}

/** `host:port`, as `*_LISTEN` variables give it. A port of 0 asks the system for a free one. */
export interface ListenAddress {
	readonly host: string
	readonly port: number
}

/** A `*_LISTEN` variable: `127.0.0.1:9464`, `[::1]:9464`, or a bare port, which means loopback. */
export const listenAddress = (byDefault: string) =>
	z
		.string()
		.default(byDefault)
		.transform((text, ctx): ListenAddress => {
			const match = /^(?:(?<host>\[[0-9a-fA-F:]+\]|[^:\s]+):)?(?<port>\d{1,5})$/.exec(text)
			const port = Number(match?.groups?.port)
			if (!match || port > 65535) {
				ctx.addIssue({ code: "custom", message: `expected HOST:PORT such as ${byDefault}, not "${text}"` })
				return z.NEVER
			}
			return { host: (match.groups?.host ?? "127.0.0.1").replace(/^\[|\]$/g, ""), port }
		})

/** An `http(s)://` address without a trailing slash. */
export const httpUrl = () =>
	z
		.url({ protocol: /^https?$/, error: "expected an http:// or https:// address" })
		.transform((url) => url.replace(/\/+$/, ""))

/** A token of a listener of ours; optional. */
export const token = () =>
	z
		.string()
		.min(16, "expected at least 16 characters, better 32 random ones")
		.regex(/^\S+$/, "expected no white space")
		.optional()

const POSTGRES_FORM =
	"expected postgres://USER:PASSWORD@HOST:PORT/DATABASE, or for a socket postgres://USER@/DATABASE?host=/FOLDER"
const ONE_HOST =
	"expected one host: name the primary server, or a proxy or DNS name that leads to it; several hosts are not supported"

/** A `postgres://` connection string. The folder of a socket, as libpq's `host=` has it, becomes its host `%2FFOLDER`. */
export const postgresUrl = () =>
	z.string().transform((text, ctx): string => {
		const refuse = (message: string) => {
			ctx.addIssue({ code: "custom", message })
			return z.NEVER
		}
		const {
			scheme,
			user = "",
			hosts = "",
			rest = "",
		} = /^(?<scheme>postgres(?:ql)?:\/\/)(?<user>(?:[^@/?]*@)?)(?<hosts>[^/?]*)(?<rest>.*)$/s.exec(text)?.groups ?? {}
		if (scheme === undefined) return refuse(POSTGRES_FORM)
		const [path = "", query = ""] = rest.split(/\?(.*)/s)
		const parameters = new URLSearchParams(query)
		const folder = parameters.get("host")
		if (hosts.includes(",") || folder?.includes(",")) return refuse(ONE_HOST)
		if (hosts !== "" || !folder?.startsWith("/")) return URL.canParse(text) ? text : refuse(POSTGRES_FORM)
		const port = parameters.get("port") ?? "5432"
		parameters.delete("host")
		parameters.delete("port")
		const others = parameters.size > 0 ? `?${parameters}` : ""
		const url = `${scheme}${user}${encodeURIComponent(folder)}:${port}${path}${others}`
		return URL.canParse(url) ? url : refuse(POSTGRES_FORM)
	})

/** A duration in the environment: `500ms`, `15s`, `5m`, `2h`, `1d`; as milliseconds. */
export const duration = (byDefault: string) =>
	z
		.string()
		.default(byDefault)
		.transform((text, ctx) => {
			const ms = parseDuration(text)
			if (ms !== undefined) return ms
			ctx.addIssue({ code: "custom", message: `expected a duration such as 500ms, 15s, 5m, 2h or 1d, not "${text}"` })
			return z.NEVER
		})

const UNIT_BYTES = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const

/** A size in the environment: `512MiB`, `5GiB`; as bytes. */
export const byteSize = (byDefault: string) =>
	z
		.string()
		.default(byDefault)
		.transform((text, ctx) => {
			const [, amount, unit] = /^(\d{1,6})(KiB|MiB|GiB|TiB)$/.exec(text) ?? []
			const bytes = Number(amount) * UNIT_BYTES[unit as keyof typeof UNIT_BYTES]
			if (bytes > 0) return bytes
			ctx.addIssue({ code: "custom", message: `expected a size such as 512MiB or 5GiB, not "${text}"` })
			return z.NEVER
		})

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Prometheus' duration syntax (`1h30m`, `500ms`) as milliseconds; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
	if (!/^(?:\d+(?:ms|[smhdw]))+$/.test(text)) return undefined
	let total = 0
	for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g))
		total += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
	return total
}

/** Milliseconds in Prometheus' duration syntax, largest units first: 90000 is `1m30s`. */
export function formatDuration(ms: number): string {
	let rest = Math.round(ms)
	let text = ""
	for (const unit of ["w", "d", "h", "m", "s", "ms"] as const) {
		const amount = Math.floor(rest / UNIT_MS[unit])
		rest -= amount * UNIT_MS[unit]
		if (amount > 0) text += `${amount}${unit}`
	}
	return text || "0s"
}
