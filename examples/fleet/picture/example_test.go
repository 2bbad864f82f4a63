package picture_test

import (
	"fmt"
	"os"

	"github.com/stemma-go/stemma/examples/fleet/picture"
)

// Five images on two ancestors, for Graphviz.
func ExampleWriteDOT() {
	err := picture.WriteDOT(os.Stdout, picture.Forest{Images: 5, All: 5, Nodes: []picture.Node{
		{ID: 1, Name: "debian:12", Sure: true, Bytes: 48_000_000, Images: 5},
		{ID: 2, Parent: 1, Name: "python:3.12", Sure: true, Bytes: 61_000_000, Images: 3},
	}})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// digraph fleet {
	//     rankdir=RL;
	//     label="fleet of 5 images on 2 ancestors";
	//     node [shape=box, fontname="Helvetica, Arial, sans-serif"];
	//     a1 [label="debian:12\n5 images\n48 MB, build date not known"];
	//     a2 [label="python:3.12\n3 images\n61 MB, build date not known"];
	//     a2 -> a1;
	// }
}
