import { REMEDIATIONS } from "../../../../core/alerts/schema.ts"
import { type Caller, may } from "../../../domain/access/roles.ts"
import { actionNamed } from "../../../domain/remediation/action-name.ts"
import { DEFAULT_POLICY, explainReason } from "../../../domain/remediation/decide.ts"
import type { Control } from "../../../store/control.ts"
import type { MaintenanceWindow } from "../../../store/maintenance.ts"
import type { Remediation } from "../../../store/remediations/move.ts"
import type { Automation, listPolicies } from "../../../store/remediations/policy.ts"
import { ACTIONS } from "../../../workflows/remediation/actions/index.ts"
import { type Html, html } from "../kit/html.ts"
import { ago, span } from "../kit/time.ts"
import { maintenanceCard } from "./maintenance.ts"

export interface ResponseView {
	readonly control: Control
	readonly automation: Automation
	readonly policies: Awaited<ReturnType<typeof listPolicies>>
	readonly history: readonly Remediation[]
	readonly windows: readonly MaintenanceWindow[]
	readonly caller: Caller
	readonly csrf: string
	readonly now: number
}

/** What sessions may do, what is done by itself, and what was done. */
export function responsePage(view: ResponseView): Html {
	const { history, now } = view
	return html`<h1>Response</h1>
${controlCard(view)}
${automationCard(view)}
${maintenanceCard(view)}
<section><h2>What was done, or would have been</h2>
${
	history.length === 0
		? html`<p class="empty">Nothing yet. When an alert names a remediation, what was decided about it stands here, and why.</p>`
		: html`<ul class="messages">${history.map(
				(
					row,
				) => html`<li class="message"><div class="what"><h3>${describe(row.action)} ${row.target && html`<span class="soft">on ${row.target}</span>`}</h3>
<p class="meta">${stateWord(row)}<span><a href="/incidents/${row.incidentId}">incident ${row.incidentId}</a></span><span>${ago(row.proposedAt, now)}</span></p></div></li>`,
			)}</ul>`
}
</section>`
}

/** What an action does, in a person's words; the name of one that is not known any more. */
export function describe(action: string): string {
	const name = actionNamed(action)
	return name ? ACTIONS[name].describe : action
}

const STATE_TEXT: Readonly<Record<string, string>> = {
	withheld: "not done",
	shadowed: "not done, only written down: it was in shadow mode",
	awaiting_approval: "waits for an approval",
	refused: "refused by a person",
	expired: "not done, not needed any more",
	approved: "about to begin",
	running: "under way",
	verifying: "done; whether it worked is being looked at",
	succeeded: "has worked",
	failed: "has not worked",
}

/** The state of a remediation and, where there is one, its reason. */
export const stateWord = ({ state, reason }: Remediation): Html =>
	html`<span class="state-${state}">${STATE_TEXT[state] ?? state}${reason && html`: ${explainReason(reason)}`}</span>`

const STANDING: Readonly<Record<Control["state"], string>> = {
	run: "Autonomous sessions may work",
	pause: "Autonomous sessions are paused",
	stop: "Emergency stop: everything autonomous is halted",
}

function controlCard({ control, caller, csrf, now }: ResponseView): Html {
	const { state, reason, changedBy, changedAt } = control
	const undone = [...control.undone.sessions, ...control.undone.workflow]
	const button = (verb: string, label: string, kind: string) =>
		html`<form method="post" action="/control/${verb}"><input type="hidden" name="csrf" value="${csrf}"><input name="reason" required maxlength="500" placeholder="Why" aria-label="Why"><button class="${kind}">${label}</button></form>`
	return html`<section class="card control-${state}"><h2>Autonomous work</h2>
<p class="lead">${STANDING[state]}</p>
<p class="soft">${changedBy}, ${ago(changedAt, now)}: ${reason}</p>
${undone.length > 0 && html`<div class="alarm" role="status"><strong>It holds, and the gate knows it, but not everywhere yet.</strong> It is tried again until it does.<ul>${undone.map((one) => html`<li>${one}</li>`)}</ul></div>`}
${state !== "stop" && html`<p class="soft">A pause lets sessions wait until somebody lets them go on. A stop denies every tool call within two seconds, ends the sessions, and disables the workflow that starts them; only an administrator releases it. Both need a reason, which the audit log keeps.</p>`}
<div class="levers">
${state === "run" && may(caller.role, "responder") && button("pause", "Pause", "")}
${state === "pause" && may(caller.role, "responder") && button("resume", "Let them go on", "primary")}
${state !== "stop" && may(caller.role, "responder") && button("stop", "Stop everything", "danger")}
${state === "stop" && (may(caller.role, "admin") ? button("release", "Release the stop", "primary") : html`<p class="soft">An administrator has to release it.</p>`)}
</div></section>`
}

const limits = (policy: ResponseView["policies"][number] | undefined): string =>
	`At most ${policy?.maxPerHour ?? DEFAULT_POLICY.maxPerHour} an hour and ${policy?.maxPerDay ?? DEFAULT_POLICY.maxPerDay} a day on one target, ${span(policy ? policy.cooldownSeconds * 1000 : DEFAULT_POLICY.cooldownMs)} apart`

function automationCard({ automation, policies, caller, csrf, now }: ResponseView): Html {
	const { pausedAt, pausedBy } = automation
	const verb = pausedAt ? "resume" : "pause"
	const admin = may(caller.role, "admin")
	return html`<section class="card"><h2>What is done by itself</h2>
${pausedAt && html`<p class="alarm">Automation is paused by ${pausedBy}, ${ago(pausedAt, now)}. Nothing is done by itself.</p>`}
${(admin || !pausedAt) && may(caller.role, "responder") && html`<form method="post" action="/remediation/${verb}"><input type="hidden" name="csrf" value="${csrf}"><button>${pausedAt ? "Let automation go on" : "Pause all automation"}</button></form>`}
<ul class="policies">${REMEDIATIONS.map((action) => {
		const rows = policies.filter((policy) => policy.action === action)
		const common = rows.find((policy) => policy.target === "*")
		const mode = common?.mode ?? DEFAULT_POLICY.mode
		const others = rows.filter((row) => row.target !== "*").map((row) => html`; ${row.mode} on ${row.target}`)
		return html`<li><div><strong>${ACTIONS[action].describe}</strong> <code>${action}</code>
<p class="soft">${ACTIONS[action].effect === "contains" ? "As often as it is needed; only a person undoes it" : limits(common)}${others}</p></div>
${
	admin
		? html`<form method="post" action="/remediation/mode"><input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="action" value="${action}">
<select name="mode" aria-label="Mode of ${action}">${(["shadow", "approve", "auto"] as const).map((one) => html`<option${one === mode && html` selected`}>${one}</option>`)}</select><button>Set</button></form>`
		: html`<span class="badge state-open">${mode}</span>`
}</li>`
	})}</ul>
<p class="soft">shadow only writes down what it would do, approve asks a person first, auto does it.</p>
</section>`
}
