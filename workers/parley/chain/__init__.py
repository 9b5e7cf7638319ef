"""Everything that speaks to the chain. One file for each thing outside.

| module | what |
|---|---|
| `rpc` | a connection to a node, checked and retried |
| `compiler`, `deploy_*`, `deployments` | from Solidity to `deployments/<chainId>/<Contract>.json`, and back |
| `contracts` | contracts bound to their ABIs |
| `reverts`, `hints` | from revert data to the error that a contract threw, and what to do about it |
| `transactions`, `simulation`, `fees`, `key_lock`, `sender` | from a call to a confirmed transaction |
| `keystore` | encrypted keys |
| `commitments`, `signatures`, `limits` | hashes, signed messages and ranges that the contracts expect: pure |
| `model`, `view`, `events`, `follower`, `reader` | a federation at one block, immutable |
| `devnet` | a local Anvil |
| `files`, `errors` | small files that appear whole or not at all; what can go wrong |
"""
