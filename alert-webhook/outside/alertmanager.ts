import { request } from "./fetch.ts"

/** An alert as Alertmanager's v2 API takes it. */
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
}

export const createAlertmanager = (url: string): Alertmanager => ({
	async post(alerts) {
		await request("Alertmanager", `${url}/api/v2/alerts`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify(alerts),
		})
	},
})
