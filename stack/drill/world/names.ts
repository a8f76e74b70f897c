/** The worker of the simulated system, and its repository at the simulated GitHub. */
export const WORKER = "drill"
export const REPOSITORY = "drill/agents"
