import { z } from "zod"
import { type Endpoint, headersOf } from "../../core/clients/endpoint.ts"
import { createPrometheus, type Prometheus } from "../../core/clients/prometheus.ts"
import { exchange, requestJson, wrongCredential } from "../../core/clients/request.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import { notLoaded, type WrittenAlert } from "./loaded.ts"

const TIMEOUT_MS = 15_000

/** The running servers that are to load the output. */
export interface Servers {
	readonly prometheus: Endpoint
	readonly alertmanager: Endpoint
	/** Prometheus' process, when SIGHUP reloads it instead of HTTP. */
	readonly prometheusPid: number | undefined
}

/** What has to be there after a reload. */
export interface Expected {
	readonly alerts: readonly WrittenAlert[]
	readonly receivers: readonly string[]
}

/** Asks both servers to read their files again, and to show that they have. @throws ObservatoryError `source_rejected`, `source_unreachable` */
export async function reload(
	{ prometheus: at, alertmanager, prometheusPid }: Servers,
	expected: Expected,
): Promise<void> {
	const prometheus = createPrometheus(at, TIMEOUT_MS)
	await prometheus.reload(prometheusPid)
	await reloadAlertmanager(alertmanager)
	if (expected.alerts.length > 0) await demandAlerts(prometheus, expected.alerts)
	const url = `${alertmanager.url}/api/v2/receivers`
	const receivers = receiverList.parse(await requestJson("Alertmanager", url, { headers: headersOf(alertmanager) }))
	demand("Alertmanager", "receiver", expected.receivers, new Set(receivers.map(({ name }) => name)))
}

const receiverList = z.array(z.object({ name: z.string() }))

/** An alert counts as loaded when all of it is: one of the same name may come out of other files. */
async function demandAlerts(prometheus: Prometheus, written: readonly WrittenAlert[]): Promise<void> {
	const live = await prometheus.alertRules()
	const others = await notLoaded(written, live, (query) => prometheus.format(query).catch(() => query))
	if (others.length === 0) return
	const files = [...new Set(live.map(({ file }) => file))]
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

async function reloadAlertmanager(endpoint: Endpoint): Promise<void> {
	const init = { method: "POST", headers: headersOf(endpoint) }
	const { status, body } = await exchange("Alertmanager", `${endpoint.url}/-/reload`, init, TIMEOUT_MS)
	if (status === 401) throw wrongCredential("Alertmanager")
	if (status === 200) return
	throw new ObservatoryError(
		"source_rejected",
		`Alertmanager refuses to reload (${status}): ${body.trim().slice(0, 2_000)}`,
	)
}
