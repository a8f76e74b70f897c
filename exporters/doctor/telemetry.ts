import { recordsUnknown, recordsUnusable } from "../../core/catalogue/subjects/telemetry.ts"
import type { ListenAddress } from "../../core/lib/config.ts"
import { type Finding, good, note } from "./finding.ts"
import { ask, authorityOf } from "./security/ask.ts"

/** Most names in one finding. */
const MOST_NAMES = 20

/** What the running exporters have received by OTLP and not understood, or refused. */
export async function examineTelemetry(address: ListenAddress, token: string | undefined): Promise<Finding[]> {
	const where = `http://${authorityOf(address)}/metrics/health`
	const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
	const reply = await ask(address, { path: "/metrics/health", headers }).catch(() => undefined)
	if (reply === undefined) return [note(`the exporters do not run at ${where}`, "Ask again while they do.")]
	if (reply.status !== 200)
		return [note(`${where} answered ${reply.status}`, "Give this command METRICS_TOKEN or METRICS_TOKEN_FILE.")]
	return describeTelemetry(reply.body)
}

/** @param exposition the series of the group health, in Prometheus' text format */
export function describeTelemetry(exposition: string): Finding[] {
	const unknown = samplesOf(exposition, recordsUnknown.name)
	const unusable = samplesOf(exposition, recordsUnusable.name)
	if (unknown.length + unusable.length === 0) return [good("everything that arrived is understood")]
	return [
		...(unusable.length > 0
			? [note(`refused, because it cannot be right: ${named(unusable)}`, "Its sender is the place to correct it.")]
			: []),
		...(unknown.length > 0
			? [note(`not understood: ${named(unknown)}`, "Nothing is measured of it; a newer release may understand it.")]
			: []),
	]
}

interface Sample {
	readonly text: string
	readonly value: number
}

const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g
const UNESCAPED: Readonly<Record<string, string>> = { n: " " }

function samplesOf(exposition: string, series: string): Sample[] {
	return exposition
		.split("\n")
		.filter((line) => line.startsWith(`${series}{`))
		.map((line) => {
			const labels = Object.fromEntries(
				[...line.matchAll(LABEL)].map(([, name, value = ""]) => [
					name ?? "",
					value.replace(/\\(.)/g, (_, escaped: string) => UNESCAPED[escaped] ?? escaped),
				]),
			)
			const { signal = "", name = "", reason } = labels
			const what = `${signal.replace("_", " ")} ${name}${reason === undefined ? "" : ` (${reason})`}`
			return { text: what, value: Number(line.slice(line.lastIndexOf(" ") + 1)) }
		})
		.filter(({ value }) => value > 0)
}

function named(samples: readonly Sample[]): string {
	const all = [...samples].sort((a, b) => b.value - a.value)
	const shown = all.slice(0, MOST_NAMES).map(({ text, value }) => `${text}: ${value}`)
	return [...shown, ...(all.length > shown.length ? [`and ${all.length - shown.length} others`] : [])].join(", ")
}
