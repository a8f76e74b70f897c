import { z } from "zod"
import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"

const TIMEOUT_MS = 120_000

/** Values of one element of a result, at seconds since the epoch. */
export interface RangeElement {
	readonly labels: Readonly<Record<string, string>>
	readonly points: readonly (readonly [seconds: number, value: number])[]
}

/** A history that can be asked with PromQL. */
export interface HistoryApi {
	/** Values at `startMs`, `startMs + stepMs` … up to `endMs`. @throws ObservatoryError, `too_large` when a shorter range may do */
	range(expr: string, startMs: number, endMs: number, stepMs: number): Promise<readonly RangeElement[]>
}

const answer = z.object({
	status: z.string(),
	error: z.string().optional(),
	data: z
		.object({
			result: z.array(
				z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])) }),
			),
		})
		.optional(),
})

/** The HTTP API of a Prometheus, or of anything that answers like one. */
export const historyApi = (url: string): HistoryApi => ({
	async range(expr, startMs, endMs, stepMs) {
		const { status, body } = await ask(`${url}/api/v1/query_range`, {
			query: expr,
			start: String(startMs / 1000),
			end: String(endMs / 1000),
			step: String(stepMs / 1000),
		})
		const { data, success, error } = answer.safeParse(body)
		if (success && data.status === "success" && data.data)
			return data.data.result.map(({ metric, values }) => ({
				labels: metric,
				points: values.map(([seconds, value]) => [seconds, numberIn(value)] as const),
			}))
		const said = success ? (data.error ?? `HTTP ${status}`) : messageOf(error)
		const tooMuch = status === 503 || /too many samples|timed out|exceeded maximum resolution/.test(said)
		throw new ObservatoryError(
			tooMuch ? "too_large" : "source_rejected",
			`Prometheus at ${url} refuses ${expr}: ${said}`,
			{
				advice: tooMuch
					? "Read less at a time: a longer --step, or a shorter --range."
					: "Is it a Prometheus of 2.42 or later?",
			},
		)
	},
})

const numberIn = (text: string) => (text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text))

async function ask(
	url: string,
	parameters: Readonly<Record<string, string>>,
): Promise<{ status: number; body: unknown }> {
	try {
		const response = await fetch(url, {
			method: "POST",
			body: new URLSearchParams(parameters),
			signal: AbortSignal.timeout(TIMEOUT_MS),
		})
		const text = await response.text()
		return { status: response.status, body: asJson(text) }
	} catch (error) {
		throw new ObservatoryError("source_unreachable", `Prometheus cannot be reached at ${url}: ${messageOf(error)}`, {
			cause: error,
			advice: "Start it, or say with --prometheus-url or PROMETHEUS_URL where it is.",
		})
	}
}

/** What is not JSON, such as a proxy's page, fits no answer and is refused as one. */
function asJson(text: string): unknown {
	try {
		return JSON.parse(text)
	} catch {
		return { status: "error", error: text.slice(0, 300) }
	}
}
