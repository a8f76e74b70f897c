import { listenersOn } from "../../../core/lib/listeners.ts"
import { ok, type Risk, risk } from "./risk.ts"
import type { Installation } from "./settings.ts"

/** Under which user each server of others listens: one that runs as root and is taken over has the whole machine. */
export async function examineServerUsers({ config }: Pick<Installation, "config">): Promise<Risk[]> {
	const servers = [
		["Prometheus", config.PROMETHEUS_LISTEN.port],
		["Alertmanager", config.ALERTMANAGER_LISTEN.port],
		["Grafana", config.GRAFANA_LISTEN.port],
		["PostgreSQL", config.POSTGRES_LISTEN.port],
	] as const
	const risks = await Promise.all(
		servers.map(async ([title, port]) => {
			const users = new Set((await listenersOn(port)).map(({ uid }) => uid))
			return [...users].map((uid) => examineUser(title, port, uid))
		}),
	)
	return risks.flat()
}

function examineUser(title: string, port: number, uid: number): Risk {
	if (uid !== 0) return ok(`${title} at port ${port} runs as user ${uid}, not as root`)
	return risk(
		"medium",
		`${title} at port ${port} runs as root`,
		"Start it as an ordinary user; npm start does that by itself where setpriv is installed, besides for Grafana.",
	)
}
