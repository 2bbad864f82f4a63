package list_test

import (
	"fmt"
	"strings"

	"github.com/stemma-go/stemma/examples/fleet/list"
)

func ExampleRead() {
	const text = `
debian:13
registry.example.org/shop/api  # the shop
no reference
`
	for item, err := range list.Read(strings.NewReader(text)) {
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Println(item.Reference)
	}
	// Output:
	// debian:13
	// registry.example.org/shop/api
	// error: line 4: no reference is no reference to an image, such as registry.example.org/shop/api:1
}
