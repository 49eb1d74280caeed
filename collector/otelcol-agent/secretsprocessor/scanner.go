package secretsprocessor

// scanner finds which of many texts a text holds, whatever the case of its letters, in one pass: the automaton of Aho and Corasick
// with every step written out, so that a character costs one look into a table.
//
// Source: https://doi.org/10.1145/360825.360855
type scanner struct {
	// class numbers the characters that appear in any text; all others share the number 0.
	class [256]uint32
	// next is the state after a state and a class, both numbered so that they are added: states are multiples of classes.
	next []uint32
	// firstFound is the first state in which a text ends; those in which none does come before.
	firstFound uint32
	classes    uint32
	// found are the owners of the texts that end in a state, from firstFound on.
	found [][]uint16
}

type node struct {
	children map[uint32]int
	suffix   int
	owners   []uint16
}

// newScanner makes a scanner. texts are in lower case; owners number what each text stands for.
func newScanner(texts []string, owners []uint16) *scanner {
	s := &scanner{classes: 1}
	for _, text := range texts {
		for i := range len(text) {
			s.addClass(text[i])
		}
	}
	for char := 'A'; char <= 'Z'; char++ {
		s.class[char] = s.class[char+'a'-'A']
	}
	nodes := s.trie(texts, owners)
	s.write(nodes, linked(nodes))
	return s
}

func (s *scanner) addClass(char byte) {
	if s.class[char] == 0 {
		s.class[char] = s.classes
		s.classes++
	}
}

func (s *scanner) trie(texts []string, owners []uint16) []node {
	nodes := []node{{children: map[uint32]int{}}}
	for number, text := range texts {
		at := 0
		for i := range len(text) {
			class := s.class[text[i]]
			child, ok := nodes[at].children[class]
			if !ok {
				child = len(nodes)
				nodes[at].children[class] = child
				nodes = append(nodes, node{children: map[uint32]int{}})
			}
			at = child
		}
		nodes[at].owners = append(nodes[at].owners, owners[number])
	}
	return nodes
}

// linked gives every node its longest suffix that is a node, and what ends there; the answer is the order by depth.
func linked(nodes []node) []int {
	order := []int{0}
	for at := 0; at < len(order); at++ {
		for class, child := range nodes[order[at]].children {
			suffix := 0
			if order[at] != 0 {
				suffix = step(nodes, nodes[order[at]].suffix, class)
			}
			nodes[child].suffix = suffix
			nodes[child].owners = append(nodes[child].owners, nodes[suffix].owners...)
			order = append(order, child)
		}
	}
	return order
}

func step(nodes []node, at int, class uint32) int {
	for {
		if child, ok := nodes[at].children[class]; ok {
			return child
		}
		if at == 0 {
			return 0
		}
		at = nodes[at].suffix
	}
}

func (s *scanner) write(nodes []node, order []int) {
	state := make([]uint32, len(nodes))
	var number uint32
	for _, hasOwners := range []bool{false, true} {
		if hasOwners {
			s.firstFound = number * s.classes
		}
		for _, at := range order {
			if len(nodes[at].owners) > 0 == hasOwners {
				state[at] = number * s.classes
				number++
				if hasOwners {
					s.found = append(s.found, nodes[at].owners)
				}
			}
		}
	}
	s.next = make([]uint32, number*s.classes)
	for at := range nodes {
		for class := range s.classes {
			s.next[state[at]+class] = state[step(nodes, at, class)]
		}
	}
}

// scan marks the owners of all texts that a text holds, and says whether there are any.
func (s *scanner) scan(text string, marked []uint64) bool {
	var state uint32
	isAny := false
	for i := range len(text) {
		state = s.next[state+s.class[text[i]]]
		if state >= s.firstFound {
			isAny = true
			for _, owner := range s.found[(state-s.firstFound)/s.classes] {
				marked[owner>>6] |= 1 << (owner & 63)
			}
		}
	}
	return isAny
}
