import { REMEDIATIONS } from "../../../../core/alerts/schema.ts"
import type { RunnerStatus } from "../../../clients/runner.ts"
import { type Caller, may } from "../../../domain/access/roles.ts"
import { actionNamed } from "../../../domain/remediation/action-name.ts"
import { DEFAULT_POLICY, explainReason } from "../../../domain/remediation/decide.ts"
import type { Stoppable } from "../../../domain/stoppable.ts"
import type { Control } from "../../../store/control.ts"
import type { MaintenanceWindow } from "../../../store/maintenance.ts"
import type { Remediation } from "../../../store/remediations/move.ts"
import type { Automation, listPolicies } from "../../../store/remediations/policy.ts"
import type { WaitingCall } from "../../../store/tool-calls.ts"
import { ACTIONS } from "../../../workflows/remediation/actions/index.ts"
import { type Html, html } from "../kit/html.ts"
import { ago, span } from "../kit/time.ts"
import { callsCard } from "./calls.ts"
import { maintenanceCard } from "./maintenance.ts"
import { runnerCard } from "./runner.ts"
import { stoppableCard } from "./stoppable.ts"

export interface ResponseView {
	readonly control: Control
	/** Who would not stop; undefined where no gate is challenged. */
	readonly stoppable: Stoppable | undefined
	/** Calls that wait for a person. */
	readonly calls: readonly WaitingCall[]
	readonly automation: Automation
	readonly policies: Awaited<ReturnType<typeof listPolicies>>
	readonly history: readonly Remediation[]
	/** The local runner's; undefined where none runs beside this. */
	readonly runner: RunnerStatus | undefined
	readonly windows: readonly MaintenanceWindow[]
	readonly caller: Caller
	readonly csrf: string
	readonly now: number
}

/** The control state, the automatic response and its history. */
export function responsePage(view: ResponseView): Html {
	const { history, now } = view
	return html`<h1>Response</h1>
${controlCard(view)}
${callsCard(view.calls, { csrf: view.csrf, may: may(view.caller.role, "responder") })}
${stoppableCard(view.stoppable)}
${automationCard(view)}
${maintenanceCard(view)}
<section><h2>Remediation history</h2>
${
	history.length === 0
		? html`<p class="empty">No remediation yet. For an alert that names one, the decision and its reason appear here.</p>`
		: html`<ul class="messages">${history.map(
				(
					row,
				) => html`<li class="message"><div class="what"><h3>${describe(row.action)} ${row.target && html`<span class="soft">on ${row.target}</span>`}</h3>
<p class="meta">${stateWord(row)}<span><a href="/incidents/${row.incidentId}">incident ${row.incidentId}</a></span><span>${ago(row.proposedAt, now)}</span></p></div></li>`,
			)}</ul>`
}
</section>
${runnerCard(view.runner, now)}`
}

/** The description of an action; the name of one that no longer exists. */
export function describe(action: string): string {
	const name = actionNamed(action)
	return name ? ACTIONS[name].describe : action
}

const STATE_TEXT: Readonly<Record<string, string>> = {
	withheld: "withheld",
	shadowed: "not run: shadow mode",
	awaiting_approval: "waits for approval",
	refused: "refused by a person",
	expired: "expired",
	approved: "approved",
	running: "running",
	verifying: "verifying",
	succeeded: "succeeded",
	failed: "failed",
}

/** The state of a remediation and, where there is one, its reason. */
export const stateWord = ({ state, reason }: Remediation): Html =>
	html`<span class="state-${state}">${STATE_TEXT[state] ?? state}${reason && html`: ${explainReason(reason)}`}</span>`

const CONTROL_TEXT: Readonly<Record<Control["state"], string>> = {
	run: "Autonomous sessions run",
	pause: "Autonomous sessions are paused",
	stop: "Emergency stop: all autonomous work is stopped",
}

function controlCard({ control, caller, csrf, now }: ResponseView): Html {
	const { state, reason, changedBy, changedAt } = control
	const { gateOnly = [], ...targets } = control.pending
	const pending = Object.values(targets).flat()
	const button = (verb: string, label: string, kind: string) =>
		html`<form method="post" action="/control/${verb}"><input type="hidden" name="csrf" value="${csrf}"><input name="reason" required maxlength="500" placeholder="Why" aria-label="Why"><button class="${kind}">${label}</button></form>`
	return html`<section class="card control-${state}"><h2>Autonomous work</h2>
<p class="lead">${CONTROL_TEXT[state]}</p>
<p class="soft">${changedBy}, ${ago(changedAt, now)}: ${reason}</p>
${pending.length > 0 && html`<div class="alarm" role="status"><strong>The control state is saved and the gate has it, but some targets are not updated yet.</strong> The observatory retries.<ul>${pending.map((one) => html`<li>${one}</li>`)}</ul></div>`}
${state !== "run" && gateOnly.length > 0 && html`<p class="soft">These sessions learn of it from the gate only, because no row of ours can reach them: ${gateOnly.slice(0, 20).join(", ")}${gateOnly.length > 20 && ` and ${gateOnly.length - 20} more`}.</p>`}
${state !== "stop" && html`<p class="soft">A pause suspends sessions until a person resumes them. A stop denies every tool call within two seconds, ends the sessions, sets the limits of the configured brakes to zero, ends the sessions' processes where that is configured, and disables the workflow that starts them; only an administrator releases it. Both need a reason, which the audit log records.</p>`}
<div class="actions">
${state === "run" && may(caller.role, "responder") && button("pause", "Pause", "")}
${state === "pause" && may(caller.role, "responder") && button("resume", "Resume", "primary")}
${state !== "stop" && may(caller.role, "responder") && button("stop", "Emergency stop", "danger")}
${state === "stop" && (may(caller.role, "admin") ? button("release", "Release stop", "primary") : html`<p class="soft">An administrator has to release it.</p>`)}
</div></section>`
}

const limits = (policy: ResponseView["policies"][number] | undefined): string =>
	`At most ${policy?.maxPerHour ?? DEFAULT_POLICY.maxPerHour} an hour and ${policy?.maxPerDay ?? DEFAULT_POLICY.maxPerDay} a day on one target, ${span(policy ? policy.cooldownSeconds * 1000 : DEFAULT_POLICY.cooldownMs)} apart`

function automationCard({ automation, policies, caller, csrf, now }: ResponseView): Html {
	const { pausedAt, pausedBy } = automation
	const verb = pausedAt ? "resume" : "pause"
	const admin = may(caller.role, "admin")
	return html`<section class="card"><h2>Automatic remediation</h2>
${pausedAt && html`<p class="alarm">Automation is paused by ${pausedBy}, ${ago(pausedAt, now)}. No remediation runs.</p>`}
${(admin || !pausedAt) && may(caller.role, "responder") && html`<form method="post" action="/remediation/${verb}"><input type="hidden" name="csrf" value="${csrf}"><button>${pausedAt ? "Resume automation" : "Pause all automation"}</button></form>`}
<ul class="policies">${REMEDIATIONS.map((action) => {
		const rows = policies.filter((policy) => policy.action === action)
		const common = rows.find((policy) => policy.target === "*")
		const mode = common?.mode ?? DEFAULT_POLICY.mode
		const others = rows.filter((row) => row.target !== "*").map((row) => html`; ${row.mode} on ${row.target}`)
		return html`<li><div><strong>${ACTIONS[action].describe}</strong> <code>${action}</code>
<p class="soft">${ACTIONS[action].effect === "contains" ? "No limit; only a person reverses it" : limits(common)}${others}</p></div>
${
	admin
		? html`<form method="post" action="/remediation/mode"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="action" value="${action}">
<select name="mode" aria-label="Mode of ${action}">${(["shadow", "approve", "auto"] as const).map((one) => html`<option${one === mode && html` selected`}>${one}</option>`)}</select><button>Set</button></form>`
		: html`<span class="badge state-open">${mode}</span>`
}</li>`
	})}</ul>
<p class="soft">shadow records what would run, approve asks a person first, auto runs it.</p>
</section>`
}
