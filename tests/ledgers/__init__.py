"""The ledgers of all apps together: any verb in any order, at once, and under kill -9."""
