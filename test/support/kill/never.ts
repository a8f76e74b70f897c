/** What must never be in the database, whatever is killed when: each row of a query is a fault. */
export const NEVER: Readonly<Record<string, string>> = {
	"an incident twice": `
		select fingerprint, starts_at from observatory.incidents group by 1, 2 having count(*) > 1`,
	"a timeline that does not say once that it fired, was received and, if it is over, was resolved": `
		select i.id, i.status from observatory.incidents i left join observatory.incident_timeline t on t.incident_id = i.id
		group by i.id
		having count(*) filter (where kind = 'fired') <> 1 or count(*) filter (where kind = 'received') <> 1
			or count(*) filter (where kind = 'resolved') <> (i.status = 'resolved')::int`,
	"a level told twice": `
		select incident_id from observatory.incident_timeline where kind = 'escalated'
		group by incident_id, details->>'level' having count(*) > 1`,
	"a level told after somebody took the incident": `
		select told.incident_id from observatory.incident_timeline told
		join observatory.incident_timeline taken on taken.incident_id = told.incident_id and taken.id < told.id
		where told.kind = 'escalated' and taken.kind = 'acknowledged'`,
	"an incident taken twice": `
		select incident_id from observatory.incident_timeline where kind = 'acknowledged' group by 1 having count(*) > 1`,
	"a notice without its step, or the other way round": `
		select i.id from observatory.incidents i
		where (select count(*) from observatory.notices n where n.incident_id = i.id and n.kind = 'escalation')
			<> (select count(*) from observatory.incident_timeline t where t.incident_id = i.id and t.kind = 'escalated')`,
	"an escalation that goes on though its incident is over": `
		select i.id from observatory.incidents i join observatory.escalations e on e.incident_id = i.id
		where i.status = 'resolved' and e.ended_at is null`,
	"a page that stands though somebody has the incident, or it is over": `
		select n.key from observatory.incidents i join observatory.notices n on n.incident_id = i.id
		where n.kind in ('escalation', 'remediation_failed') and n.ended_at is null and (i.status = 'resolved' or i.acknowledged_at is not null)`,
	"a remediation decided twice": `
		select incident_id from observatory.remediations group by 1 having count(*) > 1`,
	"a remediation that came to a state twice": `
		select incident_id, kind from observatory.incident_timeline where kind like 'remediation%'
		group by 1, 2 having count(*) > 1`,
	"a remediation that failed and nobody is told, though the incident is open and nobody has it": `
		select r.id from observatory.remediations r join observatory.incidents i on i.id = r.incident_id
		where r.state = 'failed' and i.status = 'firing' and i.acknowledged_at is null and not exists (
			select from observatory.notices where key = 'remediation_failed ' || r.id and ended_at is null)`,
	"a request for approval that stands though nothing waits for it, or the other way round": `
		select id from observatory.remediations r
		where (state = 'awaiting_approval') <> exists (
			select from observatory.notices where key = 'approval ' || r.id and ended_at is null)`,
	"something done without its line in the audit log, or the other way round": `
		select kind, action from (values ('escalated', 'incident.escalate'), ('acknowledged', 'incident.acknowledge'),
			('remediation_running', 'remediation.running'), ('remediation_verifying', 'remediation.verifying'),
			('remediation_failed', 'remediation.failed'), ('remediation_succeeded', 'remediation.succeeded')
		) as line(kind, action)
		where (select count(*) from observatory.incident_timeline t where t.kind = line.kind)
			<> (select count(*) from observatory.audit_logs a where a.action = line.action)`,
	"a message twice": `
		select body->>'groupKey' from observatory.inbox group by 1 having count(*) > 1`,
}
