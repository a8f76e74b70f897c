/** A column of the contract: its PostgreSQL type and what it means to its provider and its readers. */
export interface Column {
	readonly type: "text" | "bigint" | "integer" | "double precision" | "numeric" | "boolean" | "timestamptz"
	readonly help: string
	/** Views that others provide may leave it out: it reads as null, and what is measured from it has no series. */
	readonly optional?: true
	/** The lowest and the highest value that is counted; others read as null. */
	readonly range?: readonly [number, number]
}

export interface View {
	readonly help: string
	/** When a row of this view may still change; absent when it never does after it was inserted. */
	readonly open?: string
	readonly columns: Readonly<Record<string, Column>>
}

const text = (help: string) => ({ type: "text", help }) as const
const bigint = (help: string) => ({ type: "bigint", help }) as const
const double = (help: string) => ({ type: "double precision", help }) as const
const ratio = (help: string) => ({ type: "double precision", help, range: [0, 1] }) as const
const instant = (help: string) => ({ type: "timestamptz", help }) as const
const optional = <C extends Column>(column: C) => ({ ...column, optional: true }) as const

/** The columns that every view begins with. */
export const ROW = {
	provider: text("Where the row comes from. Numbers grow within a provider; one view may hold several."),
	seq: bigint("Grows with every insert within its provider, from a sequence that never restarts; not null."),
	native_seq: {
		type: "integer",
		help: "The same number where the table beneath stores it in 4 bytes, else null: lets PostgreSQL use that table's primary key.",
	},
} as const satisfies Record<string, Column>

/** The provider of runs of the evals tables: no sessions, but they may have tokens and cost that no session has. */
export const UNOBSERVED = "evals_unobserved"

/** What the exporters read, whatever provides it. Ten views in schema `contract`. */
export const VIEWS = {
	sessions: {
		help: "Autonomous sessions. A provider may correct tokens and cost until an hour after the end; they never go down.",
		open: "status is not final",
		columns: {
			id: text("Names the session in other views."),
			source: text("Who wrote the row, such as transcript, otlp, demo or the application's name."),
			status: text("initializing, running, paused; final: completed, failed, timeout, emergency_stopped."),
			model: text("The model, null when unknown. A context-window suffix such as [1m] is ignored."),
			started_at: instant("Start."),
			ended_at: instant("End, null while it runs."),
			input_tokens: bigint("Input tokens so far."),
			output_tokens: bigint("Output tokens so far."),
			cache_read_tokens: bigint("Tokens read from the prompt cache so far."),
			cache_creation_tokens: bigint("Tokens written to the prompt cache so far."),
			cost_usd: { type: "numeric", help: "Cost so far in US dollars." },
			turns: optional({
				type: "integer",
				help: "The model's answers in the main conversation so far, null when unknown.",
			}),
			updated_at: instant("Last change."),
			unusable: optional({
				type: "integer",
				help: "Parts of tokens and cost that are no number and were left out so far, null when unknown.",
			}),
		},
	},
	mcp_calls: {
		help: "Calls to MCP servers that the system recorded.",
		columns: {
			session_id: text("The session that called, if known."),
			server: text("The MCP server's name."),
			tool: text("The tool's name, if known."),
			duration_seconds: double("How long it took, if known."),
			response_bytes: bigint("Size of the response, if known."),
			error: text("The error's message; null when the call succeeded."),
			created_at: instant("When it was recorded."),
		},
	},
	insights: {
		help: "What analysis found.",
		columns: {
			session_id: text("The session that found it, if known."),
			kind: text("insight, or pattern for a recurring pattern or anomaly."),
			category: text("Such as performance, quality, efficiency or reliability."),
			confidence: ratio("0 to 1."),
			created_at: instant("When it was found."),
		},
	},
	recommendations: {
		help: "What analysis proposed to do.",
		columns: {
			session_id: text("The session that proposed it, if known."),
			type: text("What kind of step it is."),
			confidence: ratio("0 to 1."),
			status: text("Such as pending, applied, ignored or failed."),
			created_at: instant("When it was proposed."),
			decided_at: instant("When it was applied, if it was."),
		},
	},
	improvements: {
		help: "Improvements and the stages they reached. A stage is reached when its time is set, and never left again.",
		open: "neither rejected nor rolled back",
		columns: {
			session_id: text("The session that proposed it, if known."),
			title: text("What it is."),
			status: text("proposed, validated, deployed, rolled_back or rejected."),
			proposed_at: instant("When it was proposed."),
			validated_at: instant("When it was validated."),
			deployed_at: instant("When it was deployed."),
			rolled_back_at: instant("When it was rolled back."),
			measured_at: instant("When its effect was measured; what was measured then is final."),
			performance_change: double("Measured change as a ratio: 0.12 is 12 % better, negative is worse."),
			cost_savings_usd: { type: "numeric", help: "US dollars that it is measured to have saved." },
		},
	},
	violations: {
		help: "Violations of safety constraints.",
		columns: {
			session_id: text("The session that violated it, if known."),
			kind: text("read_only, scope, resource_limit or timeout."),
			detected_at: instant("When it was detected."),
		},
	},
	reviews: {
		help: "Reviews that people do.",
		open: "status is pending",
		columns: {
			improvement_seq: bigint("The improvement under review, if known."),
			status: text("pending, approved or rejected."),
			reviewer: text("Who decided."),
			requested_at: instant("When it was asked for."),
			decided_at: instant("When it was decided."),
		},
	},
	rollbacks: {
		help: "Rollbacks of deployed improvements.",
		open: "finished_at is null",
		columns: {
			improvement_seq: bigint("The improvement that was rolled back, if known."),
			trigger: text("automatic or manual."),
			succeeded: { type: "boolean", help: "Whether the former state was restored; null while it runs." },
			started_at: instant("Start."),
			finished_at: instant("End, null while it runs."),
		},
	},
	outcomes: {
		help: "Measured outcomes, one observation a row; the kinds are listed below.",
		open: "after is null: not measured yet",
		columns: {
			kind: text("What was measured."),
			before: double("The value before, where the kind compares; else null."),
			after: double("The value, or the value after. Null until it is known."),
			measured_at: instant("When it was measured."),
		},
	},
	events: {
		help: "Things that happened once.",
		columns: {
			type: text("Such as improvement_deployed or analysis_session_complete."),
			session_id: text("The session it belongs to, if any."),
			created_at: instant("When it happened."),
		},
	},
} as const satisfies Record<string, View>

export type ViewName = keyof typeof VIEWS
export const VIEW_NAMES = Object.keys(VIEWS) as ViewName[]

/** Views that an earlier release had and this one does not: an upgrade drops them. */
export const FORMER_VIEWS: readonly string[] = []

/** The columns of a view besides `ROW`. */
export type ColumnName<V extends ViewName> = keyof (typeof VIEWS)[V]["columns"] & string

/** All columns of a view, in order. */
export const columnsOf = (name: ViewName): Readonly<Record<string, Column>> => ({ ...ROW, ...VIEWS[name].columns })

/** The column that says when a row came into being, by which numbers that begin again are noticed. */
export const BORN = {
	sessions: "started_at",
	mcp_calls: "created_at",
	insights: "created_at",
	recommendations: "created_at",
	improvements: "proposed_at",
	violations: "detected_at",
	reviews: "requested_at",
	rollbacks: "started_at",
	outcomes: "measured_at",
	events: "created_at",
} as const satisfies { readonly [V in ViewName]: ColumnName<V> }

/** Kinds of `contract.outcomes`, with the unit of their values. */
export const OUTCOME_KINDS = {
	test_pass_rate: "Share of tests that passed in one run, 0 to 1; a single test is 1 or 0.",
	lint_errors: "Lint errors, before and after a change.",
	response_time_seconds: "Response time of an MCP server in seconds, before and after a change.",
	query_efficiency: "Useful results per retrieval step, 0 to 1: 1 when the first step succeeds, 0 without success.",
	accuracy: "Accuracy as a ratio, before and after a change.",
	task_completion_seconds: "Seconds that a task took.",
	error_rate: "Share of the steps of a task that failed, 0 to 1.",
	user_satisfaction: "A person's rating, 1 to 5.",
} as const

/** What the values of a kind may be, where they are bounded. */
export const OUTCOME_RANGES: Readonly<Record<string, readonly [number, number]>> = {
	test_pass_rate: [0, 1],
	query_efficiency: [0, 1],
	accuracy: [0, 1],
	error_rate: [0, 1],
	user_satisfaction: [1, 5],
}
