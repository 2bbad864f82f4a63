package report

// DonorRepositories are those of the table of donors.
func DonorRepositories() []string {
	var all []string
	for _, row := range donorRows() {
		all = append(all, row.repository)
	}
	return all
}
