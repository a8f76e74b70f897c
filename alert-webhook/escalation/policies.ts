import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parse } from "yaml"
import { z } from "zod"
import { parseDuration } from "../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { SEVERITIES } from "../incidents/severity.ts"

const duration = z.string().transform((text, ctx) => {
	const ms = parseDuration(text)
	if (ms !== undefined) return ms
	ctx.addIssue({ code: "custom", message: `expected a duration such as 15m or 1h, not "${text}"` })
	return z.NEVER
})
const names = z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "expected a name")).default([])

const level = z.strictObject({ after: duration, contacts: names, channels: names })
const policy = z.strictObject({
	levels: z
		.array(level)
		.max(10)
		.refine(
			(levels) => levels.every(({ after }, i) => after > (levels[i - 1]?.after ?? -1)),
			"expected each level to come after the one before it",
		),
	acknowledgement_lasts: duration.optional(),
	repeat: duration.refine((ms) => ms >= 60_000, "expected at least 1m").optional(),
})

const policiesFile = z
	.strictObject({
		contacts: z.record(z.string(), z.strictObject({ channels: names })).default({}),
		policies: z.record(z.string(), policy),
		severities: z.partialRecord(z.enum(SEVERITIES), z.string()).default({}),
	})
	.superRefine((file, ctx) => {
		for (const [name, { levels }] of Object.entries(file.policies))
			for (const contact of levels.flatMap(({ contacts }) => contacts))
				if (!(contact in file.contacts))
					ctx.addIssue({ code: "custom", path: ["policies", name], message: `there is no contact ${contact}` })
		for (const [severity, name] of Object.entries(file.severities))
			if (!(name in file.policies))
				ctx.addIssue({ code: "custom", path: ["severities", severity], message: `there is no policy ${name}` })
	})

/** A level with its contacts resolved. */
export interface Level {
	/** Milliseconds after the start of the escalation. */
	readonly afterMs: number
	readonly contacts: readonly string[]
	readonly channels: readonly string[]
}

export interface EscalationPolicy {
	readonly levels: readonly Level[]
	/** Undefined: an acknowledgement lasts until the incident is over. */
	readonly acknowledgementLastsMs: number | undefined
	readonly repeatMs: number | undefined
}

export interface Policies {
	readonly byName: Readonly<Record<string, EscalationPolicy>>
	readonly bySeverity: Readonly<Partial<Record<string, string>>>
}

/** Understands the text of a policies file. @throws ObservatoryError `config_invalid`, naming every problem */
export function parsePolicies(text: string, file: string): Policies {
	let content: unknown
	try {
		content = parse(text)
	} catch (error) {
		throw new ObservatoryError("config_invalid", `${file} is not YAML: ${messageOf(error)}`)
	}
	const parsed = policiesFile.safeParse(content)
	if (!parsed.success) {
		const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`)
		throw new ObservatoryError("config_invalid", `${file}: ${problems.join("; ")}`, {
			advice: "ESCALATION_POLICIES names it; alert-webhook/escalation/policies.yaml is an example.",
		})
	}
	const { contacts, policies, severities } = parsed.data
	const resolve = ({ after, contacts: who, channels }: z.output<typeof level>): Level => ({
		afterMs: after,
		contacts: who,
		channels: [...new Set([...channels, ...who.flatMap((name) => contacts[name]?.channels ?? [])])],
	})
	const byName = Object.fromEntries(
		Object.entries(policies).map(([name, { levels, repeat, acknowledgement_lasts }]) => [
			name,
			{ levels: levels.map(resolve), repeatMs: repeat, acknowledgementLastsMs: acknowledgement_lasts },
		]),
	)
	return { byName, bySeverity: severities }
}

/** @throws ObservatoryError `file_unreadable` or `config_invalid` */
export function readPolicies(file: string): Policies {
	try {
		return parsePolicies(readFileSync(file, "utf8"), file)
	} catch (error) {
		if (error instanceof ObservatoryError) throw error
		throw new ObservatoryError("file_unreadable", `${file} cannot be read: ${messageOf(error)}`, {
			advice: "ESCALATION_POLICIES names it; without the variable the policies that come with alert-webhook are used.",
			cause: error,
		})
	}
}

/** The file that comes with alert-webhook; from `dist/` it is found in the source tree beside it. */
export function shippedPolicies(): string {
	const beside = fileURLToPath(new URL("./policies.yaml", import.meta.url))
	return existsSync(beside)
		? beside
		: fileURLToPath(new URL("../../../alert-webhook/escalation/policies.yaml", import.meta.url))
}

/** The policy of an alert: the one that it names, or that of its severity. A name that does not exist counts as none given. */
export function policyNameFor(
	{ byName, bySeverity }: Policies,
	labels: Readonly<Record<string, string>>,
	severity: string,
): string | undefined {
	const named = labels.escalation
	return named !== undefined && named in byName ? named : bySeverity[severity]
}
