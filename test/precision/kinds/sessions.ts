import { HOUR, type Kind, MINUTE, type World } from "../world.ts"

const subject = "sessions"

/** Events spread evenly, with some jitter, over a span. */
function spread({ random, happen }: World, event: string, count: number, from: number, until: number): void {
	for (let i = 0; i < count; i++) happen(event, from + ((i + random.next()) / count) * (until - from))
}

const violation = (kind: "scope" | "read_only"): Kind => ({
	name: `a ${kind} violation`,
	subject: "violations",
	play({ happen, expect }, at) {
		happen(`violation.${kind}`, at)
		expect("safety_violation", at, at + MINUTE)
		return at + MINUTE
	},
})

export const SESSION_INCIDENTS: readonly Kind[] = [
	{
		name: "nearly every session fails",
		subject,
		play({ set, lasting, expect }, at) {
			const end = at + lasting(30, 60)
			set("sessions.failing", at, end, 0.985)
			expect("sessions_all_failing", at, end)
			expect("autonomous_session_failure_spike", at, end)
			return end
		},
	},
	{
		name: "most sessions fail",
		subject,
		play({ set, lasting, expect, permit }, at) {
			const end = at + lasting(45, 90)
			set("sessions.failing", at, end, 0.8)
			expect("autonomous_session_failure_spike", at, end)
			permit("sessions_all_failing", at, end)
			return end
		},
	},
	violation("scope"),
	violation("read_only"),
	{
		name: "many limits are exceeded",
		subject: "violations",
		play(world, at) {
			const end = at + world.lasting(15, 40)
			spread(world, "violation.resource_limit", world.random.int(16, 30), at, end)
			world.expect("safety_violation_critical", at, end)
			return end
		},
	},
	{
		name: "a session waits long for a person",
		subject,
		play({ set, lasting, expect }, at) {
			const end = at + lasting(8, 60)
			set("sessions.waiting", at, end, (time) => time - at)
			expect("session_waiting", at + 5 * MINUTE, end)
			return end
		},
	},
	{
		name: "a session loops",
		subject,
		play({ set, lasting, expect, random }, at) {
			const end = at + lasting(3, 20)
			set("sessions.looping", at, end, random.int(1, 3))
			expect("session_looping", at, end)
			return end
		},
	},
	{
		name: "an emergency stop",
		subject,
		play({ set, happen, lasting, expect }, at) {
			const end = at + lasting(10, 40)
			set("sessions.pace", at, end, 0)
			happen("event.emergency_stop", at)
			expect("emergency_stopped", at, at + MINUTE)
			return end
		},
	},
	{
		name: "a model without a price",
		subject: "cost",
		play({ set, lasting, expect, random }, at) {
			const end = at + lasting(40, 180)
			set("cost.unpriced", at, end, random.int(500, 200_000))
			expect("cost_unknown", at, end, { model: "new-model" })
			return end
		},
	},
	{
		name: "reviews pile up",
		subject: "reviews",
		play({ set, lasting, expect, random }, at) {
			const end = at + lasting(60, 180)
			set("reviews.pending", at, end, random.int(24, 45))
			expect("review_backlog", at, end)
			return end
		},
	},
]

export const SESSION_DISTURBANCES: readonly Kind[] = [
	{
		name: "a batch of hard tasks, a quarter of which fails",
		subject,
		play({ set, lasting }, at) {
			const end = at + lasting(20, 60)
			set("sessions.failing", at, end, 0.25)
			return end
		},
	},
	{
		name: "three failures in succession",
		subject,
		play({ happen, lasting }, at) {
			const apart = lasting(0.5, 1)
			for (let i = 0; i < 3; i++) happen("session.failed", at + i * apart)
			return at + 3 * apart
		},
	},
	{
		name: "a slow night with one failure in it",
		subject,
		play({ set, happen, lasting, random }, at) {
			const end = at + lasting(120, 240)
			set("sessions.pace", at, end, random.between(0.02, 0.1))
			happen("session.failed", random.between(at + HOUR / 2, end))
			return end
		},
	},
	{
		name: "a few limits are exceeded",
		subject: "violations",
		play(world, at) {
			const end = at + HOUR
			spread(world, "violation.timeout", world.random.int(1, 5), at, end)
			return end
		},
	},
	{
		name: "a question that is answered soon",
		subject,
		play({ set, lasting }, at) {
			const end = at + lasting(0.5, 4.5)
			set("sessions.waiting", at, end, (time) => time - at)
			return end
		},
	},
	{
		name: "a loop that the session leaves by itself",
		subject,
		play({ set, lasting }, at) {
			const end = at + lasting(0.25, 0.75)
			set("sessions.looping", at, end, 1)
			return end
		},
	},
	{
		name: "a new model, whose price follows at once",
		subject: "cost",
		play({ set, lasting }, at) {
			const end = at + lasting(2, 10)
			set("cost.unpriced", at, end, 4_000)
			return end
		},
	},
	{
		name: "a batch of reviews that is decided soon",
		subject: "reviews",
		play({ set, lasting, random }, at) {
			const end = at + lasting(5, 20)
			set("reviews.pending", at, end, random.int(21, 40))
			return end
		},
	},
]
