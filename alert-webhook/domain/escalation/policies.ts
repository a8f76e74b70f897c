import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { z } from "zod"
import { parseDuration } from "../../../core/lib/config.ts"
import { messageOf, ObservatoryError } from "../../../core/lib/errors.ts"
import { shippedFile } from "../../../core/lib/files.ts"
import { SEVERITIES } from "../severity.ts"

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
			for (const [i, { contacts, channels }] of levels.entries()) {
				const issue = (message: string) =>
					ctx.addIssue({ code: "custom", path: ["policies", name, "levels", i], message })
				const unknown = contacts.filter((contact) => !Object.hasOwn(file.contacts, contact))
				for (const contact of unknown) issue(`there is no contact ${contact}`)
				if (unknown.length === 0 && channelsOf({ contacts, channels }, file.contacts).length === 0)
					issue("pages no channel: give it channels, or contacts that have some")
			}
		for (const [severity, name] of Object.entries(file.severities))
			if (!Object.hasOwn(file.policies, name))
				ctx.addIssue({ code: "custom", path: ["severities", severity], message: `there is no policy ${name}` })
	})

/** The channels of a level: its own, and those of its contacts. */
const channelsOf = (
	{ contacts, channels }: Pick<z.output<typeof level>, "contacts" | "channels">,
	people: Readonly<Record<string, { readonly channels: readonly string[] }>>,
): readonly string[] => [...new Set([...channels, ...contacts.flatMap((name) => people[name]?.channels ?? [])])]

/** A level with its contacts resolved. */
export interface Level {
	/** Milliseconds after the start of the escalation. */
	readonly afterMs: number
	readonly contacts: readonly string[]
	/** One at least. */
	readonly channels: readonly string[]
}

export interface EscalationPolicy {
	readonly levels: readonly Level[]
	/** Undefined: an acknowledgement lasts until the incident is resolved. */
	readonly acknowledgementLastsMs: number | undefined
	readonly repeatMs: number | undefined
}

export interface Policies {
	readonly byName: ReadonlyMap<string, EscalationPolicy>
	/** Names of policies. */
	readonly bySeverity: ReadonlyMap<string, string>
}

/** Parses the text of a policies file. @throws ObservatoryError `config_invalid`, naming every problem */
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
			advice: "ESCALATION_POLICIES names it; alert-webhook/domain/escalation/policies.yaml is an example.",
		})
	}
	const { contacts, policies, severities } = parsed.data
	const resolve = (one: z.output<typeof level>): Level => ({
		afterMs: one.after,
		contacts: one.contacts,
		channels: channelsOf(one, contacts),
	})
	const byName = new Map(
		Object.entries(policies).map(([name, { levels, repeat, acknowledgement_lasts }]) => [
			name,
			{ levels: levels.map(resolve), repeatMs: repeat, acknowledgementLastsMs: acknowledgement_lasts },
		]),
	)
	return { byName, bySeverity: new Map(Object.entries(severities)) }
}

/** @throws ObservatoryError `file_unreadable` or `config_invalid` */
export function readPolicies(file: string): Policies {
	try {
		return parsePolicies(readFileSync(file, "utf8"), file)
	} catch (error) {
		if (error instanceof ObservatoryError) throw error
		throw new ObservatoryError("file_unreadable", `${file} cannot be read: ${messageOf(error)}`, {
			advice: "ESCALATION_POLICIES names it; without the variable the shipped policies are used.",
			cause: error,
		})
	}
}

/** The file that comes with alert-webhook. */
export const shippedPolicies = (): string => shippedFile("alert-webhook/domain/escalation/policies.yaml")

/** The labels and the severity that select the policy of an alert. */
export interface Escalating {
	readonly labels: Readonly<Record<string, string>>
	readonly severity: string
}

/** The policy of an alert: the one that it names, or that of its severity. An unknown name counts as none. */
export function policyNameFor({ byName, bySeverity }: Policies, { labels, severity }: Escalating): string | undefined {
	const named = labels.escalation
	return named !== undefined && byName.has(named) ? named : bySeverity.get(severity)
}

/**
 * The current policy of an escalation: the one at its start or, when the file has changed, the one that its alert would
 * get now. Undefined when no policy applies.
 */
export function policyOf(
	policies: Policies,
	incident: Escalating,
	initialPolicy?: string,
): EscalationPolicy | undefined {
	const name =
		initialPolicy !== undefined && policies.byName.has(initialPolicy)
			? initialPolicy
			: policyNameFor(policies, incident)
	const policy = name === undefined ? undefined : policies.byName.get(name)
	return policy && policy.levels.length > 0 ? policy : undefined
}
