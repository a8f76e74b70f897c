/** An error keeps every output file as it was; a warning and an info do not. */
export type DiagnosticSeverity = "error" | "warning" | "info"

/** What docs/diagnostics.md says about an id. */
interface Explanation {
	/** The severities that it has, the usual one first. */
	readonly severity: readonly [DiagnosticSeverity, ...DiagnosticSeverity[]]
	readonly meaning: string
	/** Something that is reported so. */
	readonly example: string
	readonly fix: string
	/** Why no file in test/golden/mistakes shows it. */
	readonly withoutFixture?: string
}

/** Every id, in the order in which the compiler reads a file. Ids are stable: people search for them, tools filter by them. */
export const DIAGNOSTICS = {
	"file-too-large": {
		severity: ["error"],
		meaning: "The file has more characters than the compiler reads.",
		example: "an alerts.yaml of more than 8,000,000 characters",
		fix: "Split the file and compile each part with `--file` and `--out`.",
		withoutFixture: "the file would have 8 MB",
	},
	"yaml-syntax": {
		severity: ["error"],
		meaning:
			"The file is not YAML, often for a line that is indented too little or too much, or uses a part of YAML that has no use here, such as a second document.",
		example: "channels: [slack-ops",
		fix: "Correct the place under the caret. Indent with spaces, all fields of a mapping alike; close brackets and quotes; write each key once.",
	},
	"yaml-alias": {
		severity: ["error"],
		meaning:
			"A YAML alias (`*name`) has no anchor before it, is inside its own value, or repeats too many values; or `<<` merges something that is no mapping.",
		example: "channels: *operators # without `channels: &operators [slack-ops]` before it",
		fix: "Write the anchor (`&name`) before its first alias, or write the value out.",
	},
	"wrong-file": {
		severity: ["error"],
		meaning: "The file is a rules file of Prometheus, a configuration of Alertmanager or a channels.yaml.",
		example: "groups: [{ name: node, rules: [] }]",
		fix: "Rules files are listed under `rule_files` in prometheus.yml as they are. A rule becomes an alert here with its `expr`, `alert` as `name` and `for` as `duration`.",
	},
	"empty-file": {
		severity: ["error"],
		meaning: "The file has no alert.",
		example: "alerts: { critical: [] }",
		fix: "Write at least one alert under `alerts.critical`, `alerts.warning` or `alerts.info`.",
	},
	"unknown-field": {
		severity: ["error"],
		meaning: "A mapping has a key that does not exist.",
		example: "durration: 5m",
		fix: "Use one of the expected names; the hint shows the nearest.",
	},
	"missing-field": {
		severity: ["error"],
		meaning: "A required field is missing.",
		example: "- condition: metrics.reviews.pending > 20 # no name",
		fix: "Add the field.",
	},
	"invalid-field": {
		severity: ["error"],
		meaning: "A field has a value that it cannot have.",
		example: "duration: 5 minutes",
		fix: "Write a value of the expected form.",
	},
	"duplicate-name": {
		severity: ["error"],
		meaning: "Two alerts of the same severity have the same name.",
		example: "a second `- name: review_backlog` under `warning`",
		fix: "Rename one. A name may repeat in another severity only.",
	},
	"condition-syntax": {
		severity: ["error"],
		meaning: "The condition does not follow the language's grammar.",
		example: "metrics.reviews.pending > 20 and metrics.sessions.active > 1",
		fix: "Correct the place under the caret. docs/alerts.md describes the language.",
	},
	"condition-too-deep": {
		severity: ["error"],
		meaning: "The condition has more than 50 levels of brackets.",
		example: "((((((…metrics.reviews.pending > 1…))))))",
		fix: "Remove brackets that change nothing, or split the alert.",
	},
	"unknown-path": {
		severity: ["error"],
		meaning: "The condition names a path that does not exist.",
		example: "metrics.sessions.failureRat > 0.5",
		fix: "Use a path of docs/alert-paths.md; the hint shows the nearest.",
	},
	"unknown-function": {
		severity: ["error"],
		meaning: "The condition calls a function that does not exist.",
		example: "incraese(metrics.violations.total, 5m) > 1",
		fix: "Use one of the expected functions.",
	},
	"unknown-parameter": {
		severity: ["error"],
		meaning: "A single word in a condition is neither a path nor a parameter of the file.",
		example: "metrics.sessions.tokenUsage.cost > dailyBudgt * 0.8",
		fix: "Correct the name, or define it under `parameters:`.",
	},
	"unused-parameter": {
		severity: ["warning"],
		meaning: "No condition uses a parameter.",
		example: "parameters: { limit: 5 }",
		fix: "Use it or remove it.",
	},
	"parameter-default": {
		severity: ["info"],
		meaning: "A condition uses a parameter that the file does not define, so its default applies.",
		example: "metrics.sessions.tokenUsage.cost > dailyBudget",
		fix: "Define it under `parameters:`, with the default or a value of your own.",
	},
	"unknown-state": {
		severity: ["error"],
		meaning: "A path never has the state that it is compared with.",
		example: "health.database.status == 'unhelthy'",
		fix: "Use one of the expected states.",
	},
	"unknown-event": {
		severity: ["error"],
		meaning: "No event of this type exists.",
		example: "event.type == 'improvment_deployed'",
		fix: "Use one of the expected types, in quotes.",
	},
	"not-a-condition": {
		severity: ["error"],
		meaning: "The condition is a value: it compares it with nothing.",
		example: "condition: metrics.reviews.pending",
		fix: "Add a comparison, such as `> 20`.",
	},
	"not-a-number": {
		severity: ["error"],
		meaning: "A calculation needs a number and has a state, a text, a condition or a division by zero.",
		example: "metrics.reviews.pending > 5 / 0",
		fix: "Use a path or a constant that is a number.",
	},
	"unit-mismatch": {
		severity: ["error"],
		meaning: "Two quantities that do not fit are compared or calculated with.",
		example: "metrics.database.queryLatency > 10MB",
		fix: "Write the number in the expected unit, or without a unit.",
	},
	"wrong-arguments": {
		severity: ["error"],
		meaning: "A function or operator has the wrong number or kind of arguments.",
		example: "increase(metrics.violations.total, 5) > 3",
		fix: "Follow the expected form. Windows need a unit and are 1m to 30d long.",
	},
	"wildcard-outside": {
		severity: ["error"],
		meaning: "A `*` is not inside `any(…)` or `all(…)`.",
		example: "metrics.mcpServers.*.errorRate > 0.1",
		fix: "Put the comparison inside `any(…)` or `all(…)`.",
	},
	"wildcard-missing": {
		severity: ["error"],
		meaning: "`any(…)` or `all(…)` has no `*` inside.",
		example: "any(metrics.reviews.pending > 20)",
		fix: "Remove the function, or write `*` in place of a name.",
	},
	"wildcard-mixed": {
		severity: ["error"],
		meaning: "Two parts of a condition range over different things.",
		example: "any(metrics.mcpServers.*.errorRate > 0.1) || metrics.reviews.pending > 20",
		fix: "Write two alerts.",
	},
	"nested-quantifier": {
		severity: ["error"],
		meaning: "`any(…)` or `all(…)` is inside another one.",
		example: "any(any(metrics.mcpServers.*.errorRate > 0.1))",
		fix: "Keep one of them and join conditions with `&&` inside it.",
	},
	"no-counter": {
		severity: ["error"],
		meaning: "`increase` or `rate` is called with a path that has no counter.",
		example: "increase(metrics.reviews.pending, 5m) > 3",
		fix: "Use `avg`, `min` or `max`, or a path that docs/alert-paths.md lists with the function.",
	},
	"no-histogram": {
		severity: ["error"],
		meaning: "`quantile` is called with a path that has no histogram.",
		example: "quantile(metrics.reviews.pending, 95%, 5m) > 3",
		fix: "Use a path that docs/alert-paths.md lists with `quantile`.",
	},
	"not-scored": {
		severity: ["error"],
		meaning: "`anomaly` is called with a path that has no anomaly score.",
		example: "anomaly(metrics.reviews.approved) > 3",
		fix: "Use a path that docs/alert-paths.md lists with `anomaly`.",
	},
	"no-volume": {
		severity: ["error"],
		meaning: "The alert has a `minimum_volume`, but no path of its condition is a ratio with counted observations.",
		example: "condition: metrics.reviews.pending > 20, minimum_volume: 5",
		fix: "Remove `minimum_volume`, or join a second condition on a count with `&&`.",
	},
	"constant-condition": {
		severity: ["error"],
		meaning: "A comparison is always true or always false.",
		example: "metrics.sessions.failureRate > 100%",
		fix: "Compare with a number inside the path's range. Ratios go from 0 to 1, scores to 100.",
	},
	"cumulative-value": {
		severity: ["warning"],
		meaning: "The condition compares a total that only grows, so the alert would never stop firing.",
		example: "metrics.database.deadlockCount > 5",
		fix: "Compare `increase(path, window)`.",
	},
	"promql-syntax": {
		severity: ["error"],
		meaning: "The text of `expr` is not PromQL.",
		example: "expr: sum(autonomous_reviews_pending > 20",
		fix: "Correct the place under the caret.",
	},
	"unknown-series": {
		severity: ["error"],
		meaning: "`expr` reads a series that nothing emits, or a selector without a series name.",
		example: "expr: autonomous_reviews_pendin > 20",
		fix: "Use a series of docs/metrics.md; the hint shows the nearest.",
	},
	"slow-detection": {
		severity: ["error", "warning", "info"],
		meaning: "A critical alert may take 5 minutes or more from the fault to its notification.",
		example: "duration: 10m # on a critical alert",
		fix: "Shorten `duration`, or acknowledge the time with `detection_budget`.",
	},
	"missing-runbook": {
		severity: ["error", "warning"],
		meaning: "The alert has no runbook: people who get the notification find no page about it.",
		example: "- name: unheard_of # without docs/runbooks/unheard_of.md",
		fix: "Write `docs/runbooks/NAME.md`, or give the address of another page with `runbook:`.",
	},
	"unknown-channel": {
		severity: ["warning"],
		meaning: "The alert names a channel that alertmanager/channels.yaml does not define. The console's inbox gets it.",
		example: "channels: [slack-opps]",
		fix: "Correct the name, or define the channel.",
	},
	"unconfigured-channel": {
		severity: ["info"],
		meaning: "The channel is defined, but its secret file is missing. The console's inbox gets the notifications.",
		example: "channels: [slack-ops] # without the secret file",
		fix: "Write the secret file that alertmanager/channels.yaml names.",
	},
	"unknown-alert": {
		severity: ["error"],
		meaning: "`silences` or `symptom_of` names an alert that does not exist, or the alert itself.",
		example: "silences: [exampel_two]",
		fix: "Correct the name.",
	},
	"unknown-placeholder": {
		severity: ["error"],
		meaning: "A name in braces is no label or value of the alert, so it would be empty in the notification.",
		example: 'description: "{valeu} reviews wait"',
		fix: "Use one of the expected names.",
	},
	"misspelt-placeholder": {
		severity: ["error"],
		meaning:
			"The text has a placeholder in another spelling than `{name}`, such as that of Prometheus, so it would not be filled in.",
		example: 'summary: "{{ $labels.server }} is down"',
		fix: "Write the label's name, or `value`, in single braces: `{server}`.",
	},
	"template-action": {
		severity: ["error"],
		meaning:
			"A text or a name contains a template of Prometheus or Alertmanager. No template of the file is run; the compiler writes those that fill in placeholders.",
		example: "description: 'Load: {{ query \"up\" | first | value }}'",
		fix: "Use `{value}` or a label's name in single braces. For another number, write a second alert.",
	},
	"unsafe-character": {
		severity: ["error"],
		meaning:
			"A field contains a control character or one that changes the direction of writing, so that people would read something else than the program does.",
		example: 'metrics.mcpServers["git\\u202ebuh"].errorRate > 0.1',
		fix: "Remove the character. The message names its code point.",
	},
} as const satisfies Readonly<Record<string, Explanation>>

export type DiagnosticId = keyof typeof DIAGNOSTICS

/** Page that explains an id. */
export const pageOf = (id: DiagnosticId): string => `docs/diagnostics.md#${id}`

export const explanations = (): readonly (readonly [DiagnosticId, Explanation])[] =>
	Object.entries(DIAGNOSTICS) as [DiagnosticId, Explanation][]
