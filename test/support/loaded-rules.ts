import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { z } from "zod"

/** A Prometheus that answers nothing but its rules, which are those of the alerts that it was given. */
export interface LoadedRules {
	readonly url: string
	/** Adds the alerts of a notification, when the body is one. */
	load(body: unknown): void
	close(): Promise<void>
}

const notified = z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()) })) })

/** Tests deliver alerts that no Prometheus evaluates; the webhook remediates only for those that one has loaded. */
export async function startLoadedRules(): Promise<LoadedRules> {
	const rules = new Map<string, object>()
	const server = createServer((req, res) => {
		if (!req.url?.startsWith("/api/v1/rules")) return void req.destroy()
		const group = { name: "test", file: "test.yml", rules: [...rules.values()] }
		res.setHeader("content-type", "application/json")
		res.end(JSON.stringify({ status: "success", data: { groups: [group] } }))
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	server.unref()
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		load(body) {
			for (const { labels } of notified.safeParse(body).data?.alerts ?? []) {
				const rule = { name: labels.alertname, query: "vector(1)", duration: 0, labels, annotations: {}, health: "ok" }
				rules.set(`${labels.alertname} ${labels.remediation}`, rule)
			}
		},
		close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
	}
}
