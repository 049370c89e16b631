package reconcile

// Remedy answers what a person does about a condition; empty where nothing is to be
// done. The message says what is wrong, this what ends it.
func (c Condition) Remedy() string { return remedies[c] }

// What was applied stays in force in each of them, so none is urgent by itself.
var remedies = map[Condition]string{
	Unreachable:  `nothing, where it passes: enid asks again, less and less often, at most 5 minutes apart; "enid sync" asks now. Else look at the address, the server, the proxy (HTTPS_PROXY) and --ca-file or, where the message names the git cache, at its disk`,
	Unauthorized: "put right what the message names, or have the server let it read; files of keys, tokens and hosts are read anew at each poll",
	Missing:      "bring back what is missing, or run enid with the --repo, --branch and --path where it is now; a server may also call missing what the credentials may not see",
	Empty:        "commit a topology; that there is none is never taken for the wish to delete everything",
	Rewound:      `push the applied commit back to the branch or, if going back is meant, "enid accept COMMIT" with the commit that is seen last`,
	Diverged:     `push a commit that has the applied one in its history or, if the new history is meant, "enid accept COMMIT" with the commit that is seen last`,
	NotVerified:  `have a key of --verify-keys sign it: the commit (git commit --amend -S, and push) or, with --require-review, the review of its plan; "enid accept" does not help`,
	Invalid:      `correct it and push; "enid validate" finds the same before a commit`,
	Shrunk:       `look at what would go ("enid plan"), then revert the commit, or let it pass once: "enid accept COMMIT"; --max-deletes moves the limit`,
	Unsupported:  "change what the message names; of a repository enid reads regular files, on purpose nothing else, and SHA-1 object names",
}
