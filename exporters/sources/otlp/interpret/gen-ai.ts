import {
	GENAI_OPERATIONS,
	genAiAgentTokens,
	genAiDuration,
	genAiErrors,
	genAiOperations,
	genAiTokens,
	genAiToolErrors,
	genAiTools,
} from "../../../../core/catalogue/subjects/gen-ai.ts"
import { OTHER } from "../../../../core/catalogue/types.ts"
import { refuseIncrease } from "../../../../core/metrics/values.ts"
import { type Attributes, modelName, numberOf, type Sender, textOf } from "./model.ts"
import { count, merge, type Observation, observe } from "./observation.ts"
import { Reported, type Way } from "./reported.ts"

/*
 * OpenTelemetry's semantic conventions for generative AI (1.27 to 1.42, and the older names of attributes), as any
 * instrumentation of any service sends them.
 */

/** Attributes that a span or event is counted by. */
export const GENAI_ATTRIBUTES = [
	"error.type",
	"gen_ai.agent.name",
	"gen_ai.operation.name",
	"gen_ai.provider.name",
	"gen_ai.request.model",
	"gen_ai.response.model",
	"gen_ai.system",
	"gen_ai.tool.name",
	"gen_ai.usage.completion_tokens",
	"gen_ai.usage.input_tokens",
	"gen_ai.usage.output_tokens",
	"gen_ai.usage.prompt_tokens",
] as const

/** Operations that a model answers. What an agent or workflow says that it used is the sum of those inside it. */
const ANSWERED_BY_MODEL = new Set(["chat", "text_completion", "generate_content", "embeddings", "retrieval", OTHER])

const KNOWN: ReadonlySet<string> = new Set(GENAI_OPERATIONS)

/** Amounts of senders that are remembered: about ten for each agent, model and tool. */
const MOST_REPORTED = 20_000

export const createReported = (): Reported => new Reported(MOST_REPORTED)

/** A record with who sent it and by which way. */
export interface Report {
	readonly sender: Sender
	readonly attributes: Attributes
	readonly way: Way
	readonly reported: Reported
}

export const operationName = (attributes: Attributes): string => {
	const name = textOf(attributes, "gen_ai.operation.name") ?? OTHER
	return KNOWN.has(name) ? name : OTHER
}

/** The labels of a model's answer. */
export const answerLabels = (attributes: Attributes): { readonly provider: string; readonly model: string } => ({
	provider: textOf(attributes, "gen_ai.provider.name") ?? textOf(attributes, "gen_ai.system") ?? "unknown",
	model: modelName(textOf(attributes, "gen_ai.response.model") ?? textOf(attributes, "gen_ai.request.model")),
})

const agentOf = ({ sender: { service }, attributes }: Report): string =>
	textOf(attributes, "gen_ai.agent.name") ?? (service || "unknown")

/**
 * A span or event of one operation.
 *
 * @param seconds undefined when its duration is not known
 */
export function operationReported(report: Report, seconds: number | undefined, failed: boolean): Observation[] {
	const { attributes } = report
	const operation = operationName(attributes)
	const used = ANSWERED_BY_MODEL.has(operation) ? tokensOf(attributes) : []
	// The record is refused for such a number as a whole, so nothing of it is remembered.
	const timed: Durations = (fresh, labels) =>
		seconds === undefined || fresh === 0 ? [] : [observe(genAiDuration, labels, seconds)]
	const unusable = used.find(([, amount]) => refuseIncrease(genAiTokens, amount) !== undefined)
	if (unusable) return [count(genAiTokens, { type: unusable[0], ...answerLabels(attributes) }, unusable[1])]
	return [
		...used.flatMap(([type, amount]) => tokens(report, operation, type, amount)),
		...operations(report, operation, { total: 1, failed: failed ? 1 : 0 }, seconds === undefined ? undefined : timed),
		...(operation === "execute_tool" ? toolCalls(report, 1, failed ? 1 : 0) : []),
	]
}

function tokensOf(attributes: Attributes): (readonly [type: string, amount: number])[] {
	const amount = (name: string, older: string) =>
		numberOf(attributes, `gen_ai.usage.${name}`) ?? numberOf(attributes, `gen_ai.usage.${older}`)
	const found = [
		["input", amount("input_tokens", "prompt_tokens")],
		["output", amount("output_tokens", "completion_tokens")],
	] as const
	return found.flatMap(([type, n]) => (n === undefined ? [] : [[type, n] as const]))
}

/** Tokens of one type, as far as they are not counted yet. */
export function tokens(report: Report, operation: string, type: string, amount: number): Observation[] {
	const { provider, model } = answerLabels(report.attributes)
	const more = fresh(report, ["tokens", operation, type], amount)
	return [
		count(genAiTokens, { type, provider, model }, more),
		count(genAiAgentTokens, { type, agent: agentOf(report), model }, more),
	]
}

/** What is made of operations whose durations are not counted yet. */
type Durations = (
	fresh: number,
	labels: { readonly operation: string; readonly provider: string; readonly model: string },
) => Observation[]

/**
 * Operations, and how many of them failed. Durations count apart from their operations: an event without one may come first.
 *
 * @param durations undefined when the report has none
 */
export function operations(
	report: Report,
	operation: string,
	{ total, failed }: { readonly total: number; readonly failed: number },
	durations: Durations | undefined,
): Observation[] {
	const { provider, model } = answerLabels(report.attributes)
	const labels = { operation, agent: agentOf(report), provider }
	return [
		count(genAiOperations, labels, fresh(report, ["operations", operation], total)),
		count(genAiErrors, labels, fresh(report, ["errors", operation], failed)),
		...(durations?.(fresh(report, ["durations", operation], total), { operation, provider, model }) ?? []),
	]
}

/** Calls of the tool that the attributes name; none when they name no tool. */
export function toolCalls(report: Report, total: number, failed: number): Observation[] {
	const tool = textOf(report.attributes, "gen_ai.tool.name")
	if (tool === undefined) return []
	const labels = { agent: agentOf(report), tool }
	return [
		count(genAiTools, labels, fresh(report, ["tools", tool], total)),
		count(genAiToolErrors, labels, fresh(report, ["tool errors", tool], failed)),
	]
}

const fresh = ({ sender, way, reported }: Report, what: readonly string[], amount: number): number =>
	reported.fresh([sender.service, sender.instance, ...what], way, amount)

export const hasErrorType = (attributes: Attributes): boolean => attributes.get("error.type") !== undefined

/** `part` of the observations of a histogram, spread over its buckets as all of them are. */
export function shareOf(
	series: Parameters<typeof merge>[0],
	labels: Readonly<Record<string, string>>,
	{ counts, sum }: { readonly counts: readonly number[]; readonly sum: number },
	part: number,
): Observation[] {
	const all = counts.reduce((total, n) => total + n, 0)
	if (part <= 0 || all === 0) return []
	if (part >= all) return [merge(series, labels, counts, sum)]
	let [seen, given] = [0, 0]
	const share = counts.map((n) => {
		seen += n
		const upTo = Math.round((seen * part) / all)
		const here = upTo - given
		given = upTo
		return here
	})
	return [merge(series, labels, share, (sum * part) / all)]
}
