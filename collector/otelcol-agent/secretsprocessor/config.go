package secretsprocessor

import (
	"fmt"
	"regexp"
)

// Config says what secrets look like. All expressions are RE2's and are searched for, not matched whole.
type Config struct {
	// SecretNames are expressions of names whose value is a secret, whatever it is.
	SecretNames []string `mapstructure:"secret_names"`
	// KnownNames are names that are no secret's, whatever SecretNames say; their values are looked at all the same.
	KnownNames []string `mapstructure:"known_names"`
	// HarmlessNames are expressions of further such names.
	HarmlessNames []string `mapstructure:"harmless_names"`
	// HarmlessValues are expressions of values that are no secret, whatever their name.
	HarmlessValues []string `mapstructure:"harmless_values"`
	// SecretValues are expressions of secrets within texts. What one finds is masked, then the next looks.
	SecretValues []string `mapstructure:"secret_values"`
	// PlainValues are expressions of texts that pass although one of SecretValues finds something.
	PlainValues []string `mapstructure:"plain_values"`
}

// Validate compiles every expression.
func (c *Config) Validate() error {
	_, err := newRedactor(c)
	return err
}

func compileAll(setting string, expressions []string) ([]*regexp.Regexp, error) {
	compiled := make([]*regexp.Regexp, len(expressions))
	for i, expression := range expressions {
		one, err := regexp.Compile(expression)
		if err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", setting, i, err)
		}
		compiled[i] = one
	}
	return compiled, nil
}

func anyMatches(expressions []*regexp.Regexp, text string) bool {
	for _, each := range expressions {
		if each.MatchString(text) {
			return true
		}
	}
	return false
}
