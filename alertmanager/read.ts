import { type Diagnostic, hasErrors, inFileOrder } from "../core/alerts/diagnostics.ts"
import { collect, type Report, type Source } from "../core/alerts/source.ts"
import { reportIssue } from "../core/alerts/syntax/issues.ts"
import { child, parseTree, plain, type Tree } from "../core/alerts/syntax/tree.ts"
import { didYouMean } from "../core/lib/nearest.ts"
import { type ChannelsFile, channelsSchema, KINDS } from "./schema.ts"

/** Alertmanager's own receiver, to which everything goes. */
export const OBSERVATORY = "observatory"

/** channels.yaml, checked; undefined when something is wrong with it, all of which is reported. */
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
	crossCheck(tree, report)
	return { file: hasErrors(diagnostics) ? undefined : parsed.data, diagnostics: inFileOrder(diagnostics) }
}

/** What fields mean together, in the fields that can be read: other mistakes of the file do not hide it. */
function crossCheck(tree: Tree, report: Report): void {
	const channels = child(tree, "channels")
	if (channels?.kind !== "map") return
	const written = child(tree, "hours")
	const hours = written?.kind === "map" ? written.entries.map(({ key }) => key) : []
	for (const { key: name, keySpan, value: channel } of channels.entries) {
		const field = (of: string) => child(channel, of)
		const wanted = field("hours")
		if (wanted?.kind === "scalar" && typeof wanted.value === "string" && !hours.includes(wanted.value)) {
			const hint = didYouMean(wanted.value, hours)
			report(wanted.span, {
				id: "invalid-field",
				severity: "error",
				message: `there are no hours named ${wanted.value}`,
				...(hint === undefined ? {} : { hint }),
			})
		}
		const kind = field("kind")
		const isSns = kind?.kind === "scalar" && kind.value === "sns"
		if (isSns && (field("topic_arn") === undefined) === (field("phone_number") === undefined))
			report(kind.span, {
				id: "missing-field",
				severity: "error",
				message: `${name} needs either a topic_arn or a phone_number`,
			})
		if (name === OBSERVATORY)
			report(keySpan, {
				id: "invalid-field",
				severity: "error",
				message: `${OBSERVATORY} is the receiver that everything goes to`,
				expected: "another name",
			})
	}
}
