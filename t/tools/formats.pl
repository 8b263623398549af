#!/usr/bin/perl
#
# Checks the calls of nginx's own printf family: formats.pl <file> ...
#
# The compiler doesn't know ngx_log_error() or ngx_sprintf(), whose conversions
# are nginx's own (ngx_vslprintf), so a missing argument or a wrong width is
# found by a crash.  Here every call's format must be a literal, with
# conversions nginx has and as many arguments as they take; %V takes a pointer
# to an ngx_str_t, %s nothing that is not terminated by NUL.

use strict;
use warnings;

# the format's position among the arguments

my %position = (
    ngx_log_error      => 3,
    ngx_log_abort      => 1,
    ngx_conf_log_error => 3,
    ngx_sprintf        => 1,
    ngx_snprintf       => 2,
    ngx_slprintf       => 2,
    map { ("ngx_log_debug$_" => 3) } 0 .. 8,
);

my $functions = join '|', sort { length $b <=> length $a } keys %position;
my $complaints = 0;
my $calls = 0;


for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    close $in;

    $text =~ s{/\*.*?\*/}{$& =~ s/[^\n]/ /gr}gse;

    while ($text =~ /\b($functions)\s*\(/g) {
        my ($function, $start) = ($1, pos $text);
        my $line = 1 + substr($text, 0, $start) =~ tr/\n//;

        next if substr($text, 0, $-[0]) =~ /^\s*#\s*define[^\n]*\z/m;

        $calls++;

        for my $what (check_call($function, arguments($text, $start))) {
            print "$file:$line: $function: $what\n";
            $complaints++;
        }
    }
}

print "$calls calls\n";
exit($complaints ? 1 : 0);


# The arguments of a call whose text begins behind its parenthesis.

sub arguments {
    my ($text, $at) = @_;
    my ($depth, $argument, @arguments) = (0, '');

    pos($text) = $at;

    while ($text =~ /\G("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|.)/gs) {
        my $piece = $1;

        last if $piece eq ')' && $depth == 0;

        $depth++ if $piece =~ /^[(\[{]$/;
        $depth-- if $piece =~ /^[)\]}]$/;

        if ($piece eq ',' && $depth == 0) {
            push @arguments, $argument;
            $argument = '';
            next;
        }

        $argument .= $piece;
    }

    push @arguments, $argument;
    s/^\s+|\s+$//g for @arguments;
    return @arguments;
}


sub check_call {
    my ($function, @arguments) = @_;
    my $format = $arguments[$position{$function}];
    my @given = @arguments[$position{$function} + 1 .. $#arguments];

    return 'no format' if !defined $format;

    # macros between the literals (NGX_HTTP_...) are text of their own

    return 'the format is not a literal' if $format !~ /^"/;
    $format = join '', $format =~ /"((?:\\.|[^"\\])*)"/g;

    my ($takes, @complaints) = conversions($format);

    push @complaints, sprintf('%d conversions take %d arguments, %d given',
                              scalar grep({ 1 } $format =~ /%/g),
                              scalar @$takes, scalar @given)
        if @$takes != @given;

    push @complaints, "$function with " . @given . ' arguments'
        if $function =~ /^ngx_log_debug(\d)$/ && $1 != @given;

    for my $i (0 .. ($#$takes < $#given ? $#$takes : $#given)) {
        my ($kind, $argument) = ($takes->[$i], $given[$i]);

        push @complaints, "%V is given $argument, no pointer to an ngx_str_t"
            if $kind eq 'V' && $argument =~ /(?:\.|->)data$|^"/;
        push @complaints, "%s is given $argument, not ended by NUL"
            if $kind eq 's' && $argument =~ /(?:\.|->)data$/;
    }

    return @complaints;
}


# What a format takes, in order: the letter of each argument's conversion.

sub conversions {
    my ($format) = @_;
    my (@takes, @complaints);

    while ($format =~ /%/g) {
        if ($format !~ /\G0?\d*([umXx.*0-9]*)([a-zA-Z%])/gc) {
            push @complaints, 'a lone % at the end';
            last;
        }

        my ($flags, $letter) = ($1, $2);

        next if $letter =~ /^[%ZN]$/;

        if ($letter !~ /^[VvsOPTMzidlDLAfrpc]$/) {
            push @complaints, "nginx has no conversion %$flags$letter";
            next;
        }

        push @takes, '*' if $flags =~ /\*/;
        push @takes, $letter eq 'v' ? 'V' : $letter eq 's' && $flags =~ /\*/
                                            ? '*s' : $letter;
    }

    return (\@takes, @complaints);
}
