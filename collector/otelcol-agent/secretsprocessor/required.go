package secretsprocessor

import (
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxChoices bounds how many texts stand for one expression.
	maxChoices = 48
	// maxRunes bounds the character classes that are written out.
	maxRunes = 12
)

// required names texts of which every match of an expression holds at least one, in lower case; none when there is no such text.
//
// An expression is read as a sequence. Neighbours that stand for few texts are written out together, gh[op]_ as gho_ and ghp_, and
// of all such runs the one whose shortest text is the longest is taken.
func required(expression string) []string {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	return best(runs(parsed))
}

// runs names sets of texts; every match of the expression holds at least one text of each set.
func runs(re *syntax.Regexp) [][]string {
	if exact := written(re); exact != nil {
		return [][]string{exact}
	}
	switch re.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return runs(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return runs(re.Sub[0])
		}
	case syntax.OpConcat:
		return runsOfSequence(re.Sub)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			one := best(runs(sub))
			if one == nil {
				return nil
			}
			all = append(all, one...)
		}
		if len(all) <= maxChoices {
			return [][]string{all}
		}
	}
	return nil
}

func runsOfSequence(subs []*syntax.Regexp) [][]string {
	var found [][]string
	run := []string{""}
	for _, sub := range subs {
		exact := written(sub)
		if joined := product(run, exact); joined != nil {
			run = joined
			continue
		}
		found = append(found, run)
		run = []string{""}
		if exact != nil {
			run = exact
		} else {
			found = append(found, runs(sub)...)
		}
	}
	return append(found, run)
}

// written is every text an expression matches, in lower case, or nil when they are many, or not ASCII's alone.
func written(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}
	case syntax.OpLiteral:
		return writtenLiteral(re)
	case syntax.OpCharClass:
		return writtenClass(re.Rune)
	case syntax.OpCapture:
		return written(re.Sub[0])
	case syntax.OpQuest:
		if exact := written(re.Sub[0]); exact != nil && len(exact) < maxChoices {
			return append([]string{""}, exact...)
		}
	case syntax.OpConcat:
		all := []string{""}
		for _, sub := range re.Sub {
			if all = product(all, written(sub)); all == nil {
				return nil
			}
		}
		return all
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			exact := written(sub)
			if exact == nil || len(all)+len(exact) > maxChoices {
				return nil
			}
			all = append(all, exact...)
		}
		return all
	}
	return nil
}

func writtenLiteral(re *syntax.Regexp) []string {
	for _, char := range re.Rune {
		// Where case is folded, some letters are written in a third way, beyond ASCII: "k" as the Kelvin sign.
		if char >= utf8.RuneSelf || re.Flags&syntax.FoldCase != 0 && isFoldedBeyond(char) {
			return nil
		}
	}
	return []string{strings.ToLower(string(re.Rune))}
}

func isFoldedBeyond(char rune) bool {
	for folded := unicode.SimpleFold(char); folded != char; folded = unicode.SimpleFold(folded) {
		if folded >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

func writtenClass(ranges []rune) []string {
	var all []string
	for i := 0; i < len(ranges); i += 2 {
		for char := ranges[i]; char <= ranges[i+1]; char++ {
			if char >= utf8.RuneSelf || len(all) == maxRunes {
				return nil
			}
			all = append(all, strings.ToLower(string(char)))
		}
	}
	return all
}

// product joins every text with every other, or is nil when there is nothing to join or they become too many.
func product(firsts, seconds []string) []string {
	if seconds == nil || len(firsts)*len(seconds) > maxChoices {
		return nil
	}
	all := make([]string, 0, len(firsts)*len(seconds))
	for _, first := range firsts {
		for _, second := range seconds {
			all = append(all, first+second)
		}
	}
	return all
}

// best is the set whose shortest text is the longest, of those the smallest; nil when each has an empty text.
func best(sets [][]string) []string {
	var chosen []string
	length := 0
	for _, set := range sets {
		shortest := shortestOf(set)
		if shortest > length || shortest == length && shortest > 0 && len(set) < len(chosen) {
			chosen, length = set, shortest
		}
	}
	return chosen
}

func shortestOf(set []string) int {
	if len(set) == 0 {
		return 0
	}
	shortest := len(set[0])
	for _, text := range set[1:] {
		shortest = min(shortest, len(text))
	}
	return shortest
}
