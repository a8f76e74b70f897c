import { type Diagnostic, hasErrors, inFileOrder } from "../core/alerts/diagnostics.ts"
import { collect, type Source } from "../core/alerts/source.ts"
import { reportIssue } from "../core/alerts/syntax/issues.ts"
import { parseTree, plain, spanAt } from "../core/alerts/syntax/tree.ts"
import { didYouMean } from "../core/lib/nearest.ts"
import { type ChannelsFile, channelsSchema, KINDS } from "./schema.ts"

/** Alertmanager's own receiver, to which everything goes. */
export const OBSERVATORY = "observatory"

/** channels.yaml, checked; undefined when something is wrong with it, all of which is told. */
export function readChannels(source: Source): { file: ChannelsFile | undefined; diagnostics: Diagnostic[] } {
	const { report, diagnostics } = collect(source)
	const tree = parseTree(source, report)
	if (!tree) return { file: undefined, diagnostics }
	const value = plain(tree)
	const parsed = channelsSchema.safeParse(value)
	const knownKeys = (path: readonly PropertyKey[]) => {
		if (path.length === 0) return Object.keys(channelsSchema.shape)
		if (path[0] === "hours") return ["weekdays", "from", "to", "time_zone"]
		const kind = (value as { channels?: Record<PropertyKey, { kind?: keyof typeof KINDS }> }).channels?.[path[1] ?? ""]
			?.kind
		return kind === undefined ? [] : Object.keys(KINDS[kind].shape)
	}
	const describe = (path: readonly PropertyKey[]) =>
		path.length === 0 ? "the file" : path.slice(1).map(String).join(".") || String(path[0])
	for (const issue of parsed.error?.issues ?? []) reportIssue(issue, { tree, value, knownKeys, describe }, report)
	for (const [name, channel] of Object.entries(parsed.data?.channels ?? {})) {
		const place = (field: string) => spanAt(tree, ["channels", name, field])
		const hours = Object.keys(parsed.data?.hours ?? {})
		if (channel.hours !== undefined && !hours.includes(channel.hours)) {
			const hint = didYouMean(channel.hours, hours)
			report(place("hours"), {
				id: "invalid-field",
				severity: "error",
				message: `there are no hours named ${channel.hours}`,
				...(hint === undefined ? {} : { hint }),
			})
		}
		if (channel.kind === "sns" && (channel.topic_arn === undefined) === (channel.phone_number === undefined)) {
			report(place("kind"), {
				id: "missing-field",
				severity: "error",
				message: `${name} needs either a topic_arn or a phone_number`,
			})
		}
		if (name === OBSERVATORY)
			report(place("kind"), {
				id: "invalid-field",
				severity: "error",
				message: `${OBSERVATORY} is the receiver that everything goes to`,
				expected: "another name",
			})
	}
	return { file: hasErrors(diagnostics) ? undefined : parsed.data, diagnostics: inFileOrder(diagnostics) }
}
