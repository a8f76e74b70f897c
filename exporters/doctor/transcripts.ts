import { access, constants } from "node:fs/promises"
import type { Env } from "../../core/lib/config.ts"
import { messageOf } from "../../core/lib/errors.ts"
import { isMissing } from "../../core/lib/files.ts"
import { transcriptFolders } from "../sources/transcripts/collector.ts"
import { count } from "../sources/transcripts/cost.ts"
import {
	listTranscripts,
	readChunk,
	reasonOf,
	type TranscriptFile,
	type Unreadable,
} from "../sources/transcripts/files.ts"
import { parseLine } from "../sources/transcripts/line.ts"
import { modelNameOf } from "../sources/transcripts/model-name.ts"
import { listCost, loadPrices, type PriceTable } from "../sources/transcripts/prices.ts"
import { type Finding, good, missing, note } from "./finding.ts"

/** Most bytes of the newest transcripts that are looked at. */
const SURVEY_BYTES = 64 * 1024 * 1024
/** Most names in one finding. */
const MOST_NAMES = 20
/** Older prices lack the models that are new since. */
const OLD_MS = 90 * 86_400_000

/** What the newest transcripts have that the exporters cannot use. */
interface Survey {
	readonly unknownTypes: ReadonlyMap<string, number>
	readonly malformed: number
	readonly unreadable: readonly Unreadable[]
	/** Tokens by model of answers whose cost neither a line nor the price table has. */
	readonly unpriced: ReadonlyMap<string, number>
}

/** Whether the folders of Claude Code's transcripts are there, and what in them is not understood. */
export async function examineTranscripts(setting: string | undefined, env: Env): Promise<Finding[]> {
	const roots = transcriptFolders(setting, env)
	if (roots.length === 0)
		return [note("they are not followed", "Set CLAUDE_TRANSCRIPTS to auto, or to folders of projects.")]
	const folders = await Promise.all(roots.map(examineFolder))
	const { files, unreadable } = await listTranscripts(roots)
	const survey = await surveyOf(files, unreadable, undefined)
	return [...folders, ...unreadableFindings(survey.unreadable), ...formatFindings(survey)]
}

async function examineFolder(root: string): Promise<Finding> {
	try {
		await access(root, constants.R_OK | constants.X_OK)
		return good(`${(await listTranscripts([root])).files.length} transcripts in ${root}`)
	} catch (error) {
		if (isMissing(error)) return note(`${root} is not there yet`, "It is read as soon as Claude Code makes it.")
		return missing(`${root} cannot be read: ${messageOf(error)}`, "Give the exporters' user the right to read it.")
	}
}

const unreadableFindings = (unreadable: readonly Unreadable[]): Finding[] => {
	const named = unreadable.slice(0, MOST_NAMES).map(({ path, reason }) => note(`${path} is left out: ${reason}`))
	const others = unreadable.length - named.length
	return others > 0 ? [...named, note(`${others} more files and folders are left out`)] : named
}

function formatFindings({ unknownTypes, malformed }: Survey): Finding[] {
	const advice = "A newer release may understand them; nothing else is lost."
	return [
		...(unknownTypes.size > 0 ? [note(`lines of types that are not known: ${named(unknownTypes)}`, advice)] : []),
		...(malformed > 0 ? [note(`${malformed} malformed lines are left out`)] : []),
	]
}

/** The price table, its age, and the models in the newest transcripts that it has no price for. */
export async function examinePrices(
	file: string,
	setting: string | undefined,
	env: Env,
	now: number,
): Promise<Finding[]> {
	const table = await loadPrices(file)
	const renewal = env.CLAUDE_PRICES ? `Add it to ${file}.` : "Run: npm run prices -- --from FILE|URL"
	const { files, unreadable } = await listTranscripts(transcriptFolders(setting, env))
	const { unpriced } = await surveyOf(files, unreadable, table)
	return [
		describeTable(file, table, now, renewal),
		...(unpriced.size > 0
			? [
					missing(
						`models without a price, with their tokens: ${named(unpriced)}; their cost is missing from sessions and budgets`,
						renewal,
					),
				]
			: []),
	]
}

function describeTable(file: string, { asOf, source, prices }: PriceTable, now: number, renewal: string): Finding {
	const text = `${prices.size} models in ${file}, as of ${asOf ?? "an unknown day"}, from ${source ?? "an unknown source"}`
	const isOld = asOf !== undefined && now - Date.parse(asOf) > OLD_MS
	return isOld ? note(`${text}: newer models may be missing`, renewal) : good(text)
}

const named = (counts: ReadonlyMap<string, number>): string => {
	const all = [...counts].sort(([, a], [, b]) => b - a)
	const shown = all.slice(0, MOST_NAMES).map(([name, n]) => `${name} (${n})`)
	return [...shown, ...(all.length > shown.length ? [`and ${all.length - shown.length} others`] : [])].join(", ")
}

/** Reads the newest transcripts. Without a price table nothing is unpriced. */
export async function surveyOf(
	files: readonly TranscriptFile[],
	left: readonly Unreadable[],
	table: PriceTable | undefined,
): Promise<Survey> {
	const unknownTypes = new Map<string, number>()
	const unreadable = [...left]
	const tokens = new Map<string, { session: string; model: string; tokens: number }>()
	const stated = new Set<string>()
	const keyOf = (session: string, model: string) => JSON.stringify([session, model])
	let malformed = 0
	let bytes = 0

	const look = (text: string, file: TranscriptFile) => {
		const line = parseLine(text, file)
		if (line.kind === "unknown_type") unknownTypes.set(line.type, (unknownTypes.get(line.type) ?? 0) + 1)
		if (line.kind === "malformed") malformed++
		if (line.kind === "cost")
			for (const { session, model, costUsd } of line.statements) if (costUsd > 0) stated.add(keyOf(session, model))
		if (line.kind !== "activity" || line.activity.answer === undefined || table === undefined) return
		const { message, model: spelling, usage, costUsd } = line.activity.answer
		if (costUsd !== undefined || listCost(spelling, usage, table) !== undefined) return
		tokens.set(message, { session: line.activity.session, model: modelNameOf(spelling).key, tokens: count(usage) })
	}

	for (const file of [...files].sort((a, b) => b.changedAt - a.changedAt)) {
		if (bytes > SURVEY_BYTES) break
		try {
			for (let at = 0, end = false; !end && bytes <= SURVEY_BYTES; ) {
				const chunk = await readChunk(file.path, at)
				for (const text of chunk.lines) look(text, file)
				bytes += chunk.readTo - at
				at = chunk.readTo
				end = chunk.atEnd
			}
		} catch (error) {
			if (!isMissing(error)) unreadable.push({ path: file.path, kind: "file", reason: reasonOf(error) })
		}
	}
	const unpriced = new Map<string, number>()
	for (const { session, model, tokens: n } of tokens.values())
		if (n > 0 && !stated.has(keyOf(session, model))) unpriced.set(model, (unpriced.get(model) ?? 0) + n)
	return { unknownTypes, malformed, unreadable, unpriced }
}
