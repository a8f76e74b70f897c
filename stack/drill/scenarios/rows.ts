import { fault, quiet, type World } from "../scenario.ts"
import { sessionRow } from "./sessions.ts"

const violations = (world: World, kind: string, count: number) =>
	world.monitored(
		`insert into observatory.violations (session_id, kind, details, detected_at)
			select 'drill', $1, '{"source": "drill"}', now() from generate_series(1, $2::int)`,
		[kind, count],
	)

/** The runner of the demo's reviews adds one every two seconds, up to 26. */
async function backlogAt(world: World, wanted: number): Promise<Date> {
	for (;;) {
		const [row] = await world.monitored("select count(*)::int as n from observatory.reviews where status = 'pending'")
		if (Number(row?.n) > wanted) return new Date()
		await world.sleep(1_000)
	}
}

export const ROWS = [
	...(["read_only", "scope"] as const).map((kind) =>
		fault({
			name: `violation-${kind.replace("_", "-")}`,
			about: `A session violates the ${kind === "scope" ? "scope" : "read-only"} constraint once.`,
			breaks: ["safety"],
			uses: ["exporters", "database"],
			expects: [{ alert: "safety_violation", remediation: "shadowed" }],
			inject: async (world) => void (await violations(world, kind, 1)),
		}),
	),
	...(["resource_limit", "timeout"] as const).map((kind) =>
		fault({
			name: `violations-${kind.replace("_", "-")}`,
			about: `Sessions violate the ${kind.replace("_", " ")} constraint twelve times.`,
			breaks: ["safety"],
			uses: ["exporters", "database"],
			expects: [{ alert: "safety_violation_critical", lasts: true }],
			inject: async (world) => void (await violations(world, kind, 12)),
		}),
	),
	quiet({
		name: "counter-born",
		about: "A constraint is violated for the first time, where one violation is tolerated.",
		breaks: ["safety"],
		uses: ["exporters", "database"],
		run: async (world) => void (await violations(world, "timeout", 1)),
		watchMs: 180_000,
	}),
	fault({
		name: "budget-80",
		about: "Sessions have cost more than 80 % of the daily budget.",
		breaks: ["spend"],
		uses: ["exporters", "database"],
		alongside: ["budget_forecast", "session_cost_unusual"],
		expects: [{ alert: "high_token_usage", lasts: true }],
		inject: async (world) => void (await sessionRow(world, "completed", 41)),
	}),
	fault({
		name: "budget-95",
		about: "Sessions have cost more than 95 % of the daily budget.",
		breaks: ["spend"],
		uses: ["exporters", "database"],
		alongside: ["high_token_usage", "budget_forecast", "session_cost_unusual"],
		expects: [{ alert: "token_limit_approaching", remediation: "shadowed", lasts: true }],
		inject: async (world) => void (await sessionRow(world, "completed", 49)),
	}),
	fault({
		name: "review-backlog",
		about: "No one reviews, and more than 20 proposals wait.",
		breaks: ["reviews"],
		uses: ["exporters", "database"],
		expects: [{ alert: "review_backlog" }],
		async inject(world) {
			await world.demo("break", "reviews")
			return backlogAt(world, 20)
		},
		repair: async (world) => void (await world.demo("repair", "reviews")),
	}),
	fault({
		name: "rollbacks-failing",
		about: "Ten rollbacks end without restoring the former state.",
		breaks: ["rollbacks"],
		uses: ["exporters", "database"],
		expects: [{ alert: "rollback_failing", lasts: true, promisedMs: 10 * 60_000 }],
		inject: async (world) =>
			void (await world.monitored(
				`insert into observatory.rollbacks (trigger, succeeded, started_at, finished_at)
					select 'automatic', false, now() - interval '1 minute', now() from generate_series(1, 10)`,
			)),
	}),
	fault({
		name: "rollbacks-many",
		about: "Eight of the improvements that were deployed are rolled back.",
		breaks: ["reviews"],
		uses: ["exporters", "database"],
		expects: [{ alert: "rollback_rate_high", lasts: true }],
		inject: async (world) =>
			void (await world.monitored(
				`insert into observatory.improvements (session_id, title, status, proposed_at, validated_at, deployed_at, rolled_back_at)
					select 'drill', 'drill', 'rolled_back', now(), now(), now(), now() from generate_series(1, 8)`,
			)),
	}),
]
