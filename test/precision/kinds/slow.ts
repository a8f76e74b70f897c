import { DAY, HOUR, type Kind, MINUTE } from "../world.ts"

// Things that take hours, and that windows of a day remember. They run beside the quick ones. What they do to the cost
// and the compliance of a day follows from the history itself: see `labelDays`.

export const SLOW_INCIDENTS: readonly Kind[] = [
	{
		name: "sessions spend without end",
		subject: "spending",
		play({ set, lasting, random, permit }, at) {
			const end = at + lasting(5 * 60, 8 * 60)
			set("sessions.cost", at, end, random.between(5, 8))
			permit("budget_forecast", at, end + 2 * HOUR)
			return end + DAY
		},
	},
	{
		name: "the database grows without end",
		subject: "storage",
		play({ set, lasting, random, expect }, at) {
			const end = at + lasting(20 * 60, 26 * 60)
			const perDay = random.between(4, 8) * 1e9
			set("database.grown", at, end, (time) => ((time - at) / DAY) * perDay)
			expect("database_storage_forecast", at, end)
			return end + DAY
		},
	},
	{
		name: "improvements are rolled back",
		subject: "improvements",
		play({ happen, random, expect, permit }, at) {
			const count = random.int(5, 7)
			for (let i = 0; i < count; i++) {
				happen("improvement.deployed", at + i * 40 * MINUTE)
				happen("improvement.rolled_back", at + i * 40 * MINUTE + 25 * MINUTE)
				happen("rollback", at + i * 40 * MINUTE + 26 * MINUTE)
			}
			const end = at + count * 40 * MINUTE
			expect("rollback_rate_high", at, end)
			permit("rollback_rate_high", end, end + DAY)
			return end + DAY
		},
	},
	{
		name: "rollbacks fail",
		subject: "improvements",
		play({ happen, expect }, at) {
			for (let i = 0; i < 3; i++) {
				happen("rollback", at + i * HOUR)
				happen("rollback.failed", at + i * HOUR)
			}
			expect("rollback_failing", at, at + 3 * HOUR)
			return at + 4 * HOUR
		},
	},
	{
		name: "sessions violate limits all day",
		subject: "compliance",
		play({ set, lasting, random, permit }, at) {
			const end = at + lasting(8 * 60, 12 * 60)
			set("sessions.violating", at, end, random.between(0.45, 0.8))
			permit("safety_violation_critical", at, end)
			return end + DAY
		},
	},
]

export const SLOW_DISTURBANCES: readonly Kind[] = [
	{
		name: "a busy day",
		subject: "spending",
		play({ set, lasting, random }, at) {
			const end = at + lasting(3 * 60, 6 * 60)
			set("sessions.cost", at, end, random.between(1.2, 1.6))
			return end + 6 * HOUR
		},
	},
	{
		name: "an expensive hour",
		subject: "spending",
		play({ set, lasting, random }, at) {
			const end = at + lasting(20, 45)
			set("sessions.cost", at, end, random.between(3, 5))
			return end + 4 * HOUR
		},
	},
	{
		name: "a bulk import",
		subject: "storage",
		play({ set, lasting, random }, at) {
			const size = random.between(0.3, 0.8) * 1e9
			const end = at + DAY
			const ramp = lasting(20, 90)
			set("database.grown", at, end, (time) => Math.min(1, (time - at) / ramp) * size)
			return end + 2 * HOUR
		},
	},
	{
		name: "one of a day's improvements is rolled back",
		subject: "improvements",
		play({ happen, random }, at) {
			for (let i = 0; i < 4; i++) happen("improvement.deployed", at + i * HOUR)
			happen("improvement.rolled_back", at + random.int(3, 5) * HOUR)
			happen("rollback", at + 5 * HOUR)
			return at + 12 * HOUR
		},
	},
	{
		name: "a task that violates limits for an hour",
		subject: "compliance",
		play({ set, lasting, random }, at) {
			const end = at + lasting(30, 60)
			set("sessions.violating", at, end, random.between(0.1, 0.3))
			return end + 4 * HOUR
		},
	},
]
