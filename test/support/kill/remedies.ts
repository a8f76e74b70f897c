/** Alerts that are remediated, by whether Prometheus says that their condition has cleared. */
export const CLEARS = "clears_afterwards"
export const STAYS = "stays_afterwards"

/** As many targets of an action as may be touched within an hour. */
export const TARGETS = [
	{ action: "restartWorker", label: "worker", target: "indexer" },
	{ action: "reconnectMcpServer", label: "server", target: "files" },
	{ action: "restartWorker", label: "worker", target: "crawler" },
	{ action: "reconnectMcpServer", label: "server", target: "memory" },
	{ action: "restartWorker", label: "worker", target: "planner" },
	{ action: "reconnectMcpServer", label: "server", target: "search" },
] as const

export const targetsOf = (wanted: (typeof TARGETS)[number]["action"]) =>
	TARGETS.flatMap(({ action, target }) => (action === wanted ? [target] : []))

export interface Remedy {
	readonly alertname: string
	readonly labels: Readonly<Record<string, string>>
}

/** The alert of a story that something is done about, in turn to every target, mostly with success; or undefined. */
export function remedyOf(story: number): Remedy | undefined {
	if (story % 8 !== 5) return undefined
	const turn = Math.floor(story / 8)
	const { action, label, target } = TARGETS[turn % TARGETS.length] ?? TARGETS[0]
	return { alertname: turn % 5 === 4 ? STAYS : CLEARS, labels: { remediation: action, [label]: target } }
}
