import { messageOf, ObservatoryError } from "../../core/lib/errors.ts"
import { type LiveAlert, notLoaded, type WrittenAlert } from "./loaded.ts"

const TIMEOUT_MS = 15_000

/** The running servers that are to take the output. */
export interface Servers {
	readonly prometheusUrl: string
	readonly alertmanagerUrl: string
}

/** What has to be there after a reload. */
export interface Expected {
	readonly alerts: readonly WrittenAlert[]
	readonly receivers: readonly string[]
}

/** Asks both servers to read their files again, and to show that they have. @throws ObservatoryError `source_rejected`, `source_unreachable` */
export async function reload({ prometheusUrl, alertmanagerUrl }: Servers, expected: Expected): Promise<void> {
	await post("Prometheus", `${prometheusUrl}/-/reload`)
	await post("Alertmanager", `${alertmanagerUrl}/-/reload`)
	if (expected.alerts.length > 0) await demandAlerts(prometheusUrl, expected.alerts)
	const receivers = (await get("Alertmanager", `${alertmanagerUrl}/api/v2/receivers`)) as { name?: string }[]
	demand("Alertmanager", "receiver", expected.receivers, new Set(receivers.map(({ name }) => name)))
}

/** An alert counts as loaded when all of it is: one of the same name may come out of other files. */
async function demandAlerts(prometheusUrl: string, written: readonly WrittenAlert[]): Promise<void> {
	const answer = (await get("Prometheus", `${prometheusUrl}/api/v1/rules?type=alert`)) as {
		data?: { groups?: { file?: string; rules?: LiveAlert[] }[] }
	}
	const groups = answer.data?.groups ?? []
	const format = async (query: string): Promise<string> => {
		const url = `${prometheusUrl}/api/v1/format_query?${new URLSearchParams({ query })}`
		const { data } = (await get("Prometheus", url)) as { data?: string }
		return data ?? query
	}
	const others = await notLoaded(
		written,
		groups.flatMap(({ rules }) => rules ?? []),
		format,
	)
	if (others.length === 0) return
	const files = [...new Set(groups.flatMap(({ file }) => file ?? []))]
	throw new ObservatoryError(
		"source_rejected",
		`Prometheus reloaded, but has not what was written of ${others.slice(0, 5).join(", ")}`,
		{
			advice: `It reads its alerts from ${files.join(", ") || "nowhere"}: look at its rule_files and --config.file. What npm start runs is reloaded with npm start -- reload.`,
		},
	)
}

function demand(
	server: string,
	what: string,
	expected: readonly string[],
	loaded: ReadonlySet<string | undefined>,
): void {
	const absent = expected.filter((name) => !loaded.has(name))
	if (absent.length === 0) return
	throw new ObservatoryError(
		"source_rejected",
		`${server} reloaded, but has no ${what} ${absent.slice(0, 5).join(", ")}`,
		{
			advice: `Its configuration does not read the files that were written; look at its rule_files and --config.file.`,
		},
	)
}

async function post(server: string, url: string): Promise<void> {
	const response = await call(server, url, "POST")
	if (response.ok) return
	const said = (await response.text()).trim().slice(0, 2_000)
	throw new ObservatoryError("source_rejected", `${server} refuses to reload (${response.status}): ${said}`, {
		advice:
			response.status === 403 || response.status === 405
				? "Prometheus reloads over HTTP only with --web.enable-lifecycle."
				: "",
	})
}

async function get(server: string, url: string): Promise<unknown> {
	const response = await call(server, url, "GET")
	if (!response.ok) throw new ObservatoryError("source_rejected", `${server} answers ${response.status} at ${url}`)
	return response.json()
}

async function call(server: string, url: string, method: string): Promise<Response> {
	try {
		return await fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS) })
	} catch (error) {
		throw new ObservatoryError("source_unreachable", `${server} cannot be reached at ${url}: ${messageOf(error)}`, {
			cause: error,
		})
	}
}
