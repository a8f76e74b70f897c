import { z } from "zod"
import type { Endpoint } from "../../core/clients/endpoint.ts"
import { type ActiveAlert, activeAlert } from "../domain/active-alert.ts"
import { alertmanagerApi } from "./alertmanager-api.ts"

/** An alert in the form of Alertmanager's v2 API. */
export interface PostedAlert {
	readonly labels: Readonly<Record<string, string>>
	readonly annotations: Readonly<Record<string, string>>
	readonly startsAt: string
	readonly endsAt: string
	readonly generatorURL: string
}

export interface Alertmanager {
	/** @throws ObservatoryError */
	post(alerts: readonly PostedAlert[]): Promise<void>
	/** Every alert that has not ended, also silenced and inhibited ones. @throws ObservatoryError */
	active(): Promise<readonly ActiveAlert[]>
	/** The names of its receivers. @throws ObservatoryError */
	receivers(): Promise<readonly string[]>
	/** Its configuration as YAML, without secrets. @throws ObservatoryError */
	configuration(): Promise<string>
}

export function createAlertmanager(endpoint: Endpoint): Alertmanager {
	const api = alertmanagerApi(endpoint)
	return {
		post: (alerts) => api.send("POST", "alerts", alerts),
		active: () => api.list("alerts", activeAlert),
		configuration: async () => (await api.read("status", status)).config.original,
		receivers: async () => (await api.list("receivers", receiver)).map(({ name }) => name),
	}
}

const receiver = z.object({ name: z.string() })
const status = z.object({ config: z.object({ original: z.string() }) })
