/** The configuration an agent runs on: whole and checked, with what it can't run without. */
import type { agentRequires, ConfigWith } from '../../internal/config/load.ts';

export type AgentConfig = ConfigWith<(typeof agentRequires)[number]>;
