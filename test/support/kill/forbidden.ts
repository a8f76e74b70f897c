/** The timeline, each line with how often its incident's response had resumed before it, and how often an acknowledgement had expired. */
const TIMELINE = `(
	select t.*, count(*) filter (where kind in ('resumed', 'acknowledgement_expired')) over before as resumed,
		count(*) filter (where kind = 'acknowledgement_expired') over before as expired
	from observatory.incident_timeline t window before as (partition by incident_id order by id))`

/** Windows over an incident `i`. Those of the loop match one label, by alternatives that a regular expression has as well. */
export const WINDOWS = `(
	select * from observatory.maintenance_windows
	where ended_at is null and i.labels->>'team' ~ ('^(' || (matchers->0->>'value') || ')$'))`

/** What must never be in the database, whatever is killed when: each row of a query is a fault. */
export const FORBIDDEN: Readonly<Record<string, string>> = {
	"an incident twice": `
		select fingerprint, starts_at from observatory.incidents group by 1, 2 having count(*) > 1`,
	"a timeline without exactly one line for firing, receipt and, once resolved, resolution": `
		select i.id, i.status from observatory.incidents i left join observatory.incident_timeline t on t.incident_id = i.id
		group by i.id
		having count(*) filter (where kind = 'fired') <> 1 or count(*) filter (where kind = 'received') <> 1
			or count(*) filter (where kind = 'resolved') <> (i.status = 'resolved')::int`,
	"a level paged twice": `
		select incident_id from ${TIMELINE} t where kind = 'escalated'
		group by incident_id, details->>'level', resumed having count(*) > 1`,
	"a level paged after a person acknowledged the incident, or closed it": `
		select paged.incident_id from ${TIMELINE} paged join ${TIMELINE} answered using (incident_id, expired)
		where paged.kind = 'escalated' and answered.kind in ('acknowledged', 'closed') and answered.id < paged.id`,
	"an incident acknowledged twice": `
		select incident_id from ${TIMELINE} t where kind = 'acknowledged' group by incident_id, expired having count(*) > 1`,
	"a page without its step, or the other way round": `
		select i.id from observatory.incidents i
		where (select count(*) from observatory.pages n where n.incident_id = i.id and n.kind = 'escalation')
			<> (select count(*) from observatory.incident_timeline t where t.incident_id = i.id and t.kind = 'escalated')`,
	"an escalation that continues though its incident is resolved, or closed": `
		select i.id from observatory.incidents i join observatory.escalations e on e.incident_id = i.id
		where (i.status = 'resolved' or i.verdict is not null) and e.ended_at is null`,
	"a page that is open though the incident is acknowledged, or resolved": `
		select n.key from observatory.incidents i join observatory.pages n on n.incident_id = i.id
		where n.kind in ('escalation', 'remediation_failed') and n.ended_at is null and (i.status = 'resolved' or i.acknowledged_at is not null)`,
	"a page that is open though a window suppresses its incident": `
		select n.key from observatory.incidents i join observatory.pages n on n.incident_id = i.id
		where n.ended_at is null and exists (select from ${WINDOWS} w where started_at is not null)`,
	"a window that began or ended twice": `
		select target from observatory.audit_logs where action in ('maintenance.started', 'maintenance.ended')
		group by target, action having count(*) > 1`,
	"a remediation decided twice": `
		select incident_id from observatory.remediations group by 1 having count(*) > 1`,
	"a remediation that came to a state twice": `
		select incident_id, kind from ${TIMELINE} t where kind like 'remediation%'
		group by incident_id, kind, resumed having count(*) > 1`,
	"a remediation that failed without a page, though the incident is open and not acknowledged": `
		select r.id from observatory.remediations r join observatory.incidents i on i.id = r.incident_id
		where r.state = 'failed' and i.status = 'firing' and i.acknowledged_at is null
			and not exists (select from ${WINDOWS} w where starts_at <= now())
			and not exists (select from observatory.pages where key = 'remediation_failed ' || r.id and ended_at is null)`,
	"a request for approval that is open though nothing waits for it, or the other way round": `
		select r.id from observatory.remediations r join observatory.incidents i on i.id = r.incident_id
		where (r.state = 'awaiting_approval') <> exists (
			select from observatory.pages where key = 'approval ' || r.id and ended_at is null)
			and not (r.state = 'awaiting_approval' and exists (select from ${WINDOWS} w where starts_at <= now()))`,
	"a stop without a page, or the other way round": `
		select revision from observatory.control
		where (state = 'stop')::int <> (select count(*) from observatory.pages where kind = 'emergency_stop' and ended_at is null)`,
	"a change of the control state that is not recorded once, or not counted": `
		select revision from observatory.control
		where revision <> (select count(*) from observatory.audit_logs where action like 'control.%')
			or (select count(*) from observatory.audit_logs where action in ('control.stop', 'control.release'))
				<> (select count(*) from observatory.events where type like 'emergency_stop%')`,
	"something done without its line in the audit log, or the other way round": `
		select kind, action from (values ('escalated', 'incident.escalate'), ('acknowledged', 'incident.acknowledge'),
			('closed', 'incident.close'), ('remediation_approved', 'remediation.approved'),
			('remediation_refused', 'remediation.refused'), ('remediation_running', 'remediation.running'),
			('remediation_verifying', 'remediation.verifying'), ('remediation_failed', 'remediation.failed'),
			('remediation_succeeded', 'remediation.succeeded')
		) as line(kind, action)
		where (select count(*) from observatory.incident_timeline t where t.kind = line.kind)
			<> (select count(*) from observatory.audit_logs a where a.action = line.action)`,
	"a message twice": `
		select body->>'groupKey' from observatory.inbox group by 1 having count(*) > 1`,
	"a job in the distant future": `
		select key from observatory_jobs.jobs where run_at > now() + interval '1 day'`,
	"a call decided twice, or without its line in the audit log": `
		select hash from observatory.tool_calls c where (state <> 'waiting')::int <> (
			select count(*) from observatory.audit_logs
			where target = 'call:' || c.hash and action in ('call.approve', 'call.refuse', 'call.expire'))`,
	"a call asked for twice": `
		select target from observatory.audit_logs where action = 'call.ask' group by 1 having count(*) > 1`,
	"a call under the hash of another": `
		select hash from observatory.tool_calls where encode(sha256(convert_to(body, 'UTF8')), 'hex') <> hash`,
	"a call that waits without a page, or the other way round": `
		select hash from observatory.tool_calls where (state = 'waiting') <> exists (
			select from observatory.pages where key = 'call_approval ' || hash and ended_at is null)`,
	"an answer to a challenge that is not issued yet": `
		select id from observatory.gate_answers where answered_at > now() + interval '1 second'`,
	"a brake closed without its former limit": `
		select name from observatory.brakes where former is null or former->>'amount' = '0'`,
}
