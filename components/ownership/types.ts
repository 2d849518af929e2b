/** What is generated once for a cluster and must never change while it lives. */
export interface Kept {
  /** Nodes with another cookie form another cluster. */
  cookie: string;
  /** Secret of the rollout's own API key. */
  apiKey: string;
  /** Password of the dashboard's first user. */
  adminPassword: string;
}

export interface OwnershipInputs extends Kept {
  name: string;
  namespace: string;
  /** Take over a cluster that this stack does not know. */
  adopt?: boolean;
  kubeconfig?: string;
  context?: string;
  __urn?: string;
}

export interface OwnershipOutputs extends Kept {
  name: string;
  namespace: string;
}

/** A cluster as its objects tell. */
export interface Found {
  /** What is there, for a message. */
  objects: string[];
  /** What its Secrets hold. */
  kept: Partial<Kept>;
}
