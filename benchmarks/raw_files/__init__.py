"""Writers of the raw files of NTU RGB+D and PKU-MMD, so that readers can be tested without a download."""
