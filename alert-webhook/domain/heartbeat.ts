export interface HeartbeatTimes {
	readonly now: number
	/** When the last heartbeat arrived; undefined when none ever did. */
	readonly last: number | undefined
	/** Since when this process could receive one. */
	readonly since: number
	readonly lostAfterMs: number
}

/**
 * Whether alerts can reach us: `alive` after a recent heartbeat, `lost` when none arrived for too long although this
 * process could receive it, and `unknown` shortly after its start.
 */
export function heartbeatState({ now, last, since, lostAfterMs }: HeartbeatTimes): "alive" | "lost" | "unknown" {
	if (last !== undefined && now - last <= lostAfterMs) return "alive"
	return now - since > lostAfterMs ? "lost" : "unknown"
}
