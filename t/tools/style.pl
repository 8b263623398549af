#!/usr/bin/perl
#
# The style a machine can see, in C files: style.pl <file> ...
#
# Layout: 80 columns, no tabs or trailing blanks, /* */ comments, braces always,
# a function's name in the first column, two blank lines between functions,
# files to 600 lines and functions to 80 (blank ones not counted), a head
# comment.  In pure rooms also: no nginx, no I/O, no clock, no malloc, no
# floating point.

use strict;
use warnings;
use open qw(:std :encoding(UTF-8));

my $max_columns = 80;
my $max_file = 600;
my $max_function = 80;

my $pure_room = qr{ngx_jupref_module/(?:base|solana|jupiter|ledger)/};
my $outside = qr{[<"](?:ngx_|unistd|fcntl|time\.h|sys/|stdio|pthread|signal)};
my $reaches_out = qr{(?<![.>\w])(?:malloc|calloc|realloc|free|time|clock
                     |gettimeofday|clock_gettime|f?printf|fopen|open|read|write
                     |getenv|rand|random)\s*\(}x;

my $complaints = 0;


sub complain {
    my ($file, $line, $what) = @_;
    print STDOUT "$file:$line: $what\n";
    $complaints++;
}


for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!";
    my @lines = <$in>;
    close $in;

    my @code = split /^/, without_comments(join '', @lines);

    check_lines($file, \@lines, \@code);
    check_blank_lines($file, \@lines);
    check_functions($file, \@lines, \@code);
    check_braces($file, join '', @code);
    check_purity($file, \@code) if $file =~ $pure_room;
}

exit($complaints ? 1 : 0);


# Comments, strings and characters become blanks of the same shape, so that
# what looks like code in them is not taken for it, and lines stay where they
# are.  A // comment stays, to be complained about.

sub without_comments {
    my ($text) = @_;

    $text =~ s{(/\*.*?\*/)|("(?:\\.|[^"\\\n])*")|('(?:\\.|[^'\\\n])*')}
              {blanked($1, $2, $3)}gse;
    return $text;
}


sub blanked {
    my ($comment, $string, $character) = @_;

    if (defined $comment) {
        $comment =~ s/[^\n]/ /g;
        return $comment;
    }

    return '"' . '_' x (length($string) - 2) . '"' if defined $string;
    return "'" . '_' x (length($character) - 2) . "'";
}


sub check_lines {
    my ($file, $lines, $code) = @_;

    complain($file, 1, 'no head comment says what the file is')
        if $lines->[0] !~ m{^/\*};
    complain($file, scalar @$lines, "more than $max_file lines: split by idea")
        if @$lines > $max_file;
    complain($file, scalar @$lines, 'no newline at the end')
        if $lines->[-1] !~ /\n\z/;

    for my $i (0 .. $#$lines) {
        my $line = $lines->[$i] =~ s/\n\z//r;
        my $bare = $code->[$i];

        complain($file, $i + 1, "more than $max_columns columns")
            if length $line > $max_columns;
        complain($file, $i + 1, 'tab') if $line =~ /\t/;
        complain($file, $i + 1, 'carriage return') if $line =~ /\r/;
        complain($file, $i + 1, 'blank at the end') if $line =~ /\s\z/;
        complain($file, $i + 1, '// comment') if $bare =~ m{//};
        complain($file, $i + 1, "no blank after \"$1\"")
            if $bare =~ /\b(if|for|while|switch)\(/;
        complain($file, $i + 1, 'blank before ;')
            if $bare =~ /\S\s+;\s*$/ && $bare !~ /^\s*(?:for|while)\b/;
        complain($file, $i + 1, 'the brace of a function has its own line')
            if $bare =~ /^\w[^;={]*\)\s*\{/;
        complain($file, $i + 1, "f() takes anything: write f(void)")
            if $bare =~ /^[a-z][\w\s*]*\w\(\)\s*;?\s*$/;
    }
}


sub check_blank_lines {
    my ($file, $lines) = @_;
    my $blank = 0;

    for my $i (0 .. $#$lines) {
        if ($lines->[$i] =~ /^\s*$/) {
            $blank++;
            next;
        }

        complain($file, $i + 1, 'more than two blank lines') if $blank > 2;
        complain($file, $i + 1, 'two blank lines within a block')
            if $blank == 2 && $lines->[$i] =~ /^\s/
               && $lines->[$i] !~ m{^ \*};
        $blank = 0;
    }

    complain($file, scalar @$lines, 'blank line at the end') if $blank;
}


sub check_functions {
    my ($file, $lines, $code) = @_;

    for my $open (1 .. $#$code) {
        next if $code->[$open] !~ /^\{/;

        # back to the line the name stands on, then to the return type

        my $name = $open - 1;
        $name-- while $name > 0 && $code->[$name] =~ /^\s+\S/;

        if ($code->[$name] !~ /^\w+\(/) {
            complain($file, $name + 1,
                     'the function name starts no line of its own')
                if $code->[$name] =~ /\w+\(/;
            next;
        }

        my $first = $name - 1;
        complain($file, $name + 1, 'no return type above the function name')
            if $code->[$first] !~ /^\w/;

        check_distance($file, $lines, $first);

        my $close = $open;
        $close++ while $close < $#$code && $code->[$close] !~ /^\}/;

        my $filled = grep { /\S/ } @$lines[$open + 1 .. $close - 1];

        complain($file, $name + 1, "more than $max_function lines: "
                                   . 'a function does one thing')
            if $filled > $max_function;
    }
}


# Two blank lines stand above a function, its comment and any #if around it.

sub check_distance {
    my ($file, $lines, $first) = @_;
    my $at = $first - 1;

    $at-- while $at >= 0 && $lines->[$at] =~ /^#/;

    if ($at >= 1 && $lines->[$at] =~ m{\*/\s*$}
        || $at >= 1 && $lines->[$at] =~ /^$/ && $lines->[$at - 1] =~ m{\*/\s*$}
           && $lines->[$at - 1] =~ m{^( \*|/\*)})
    {
        $at-- if $lines->[$at] =~ /^$/;
        $at-- while $at > 0 && $lines->[$at] !~ m{^/\*};
        $at--;
    }

    my $blank = 0;

    while ($at >= 0 && $lines->[$at] =~ /^$/) {
        $blank++;
        $at--;
    }

    # the first line after #if or #else may follow it at once or after a blank

    return if $at < 0 || $lines->[$at] =~ /^#\s*(?:if|else|elif)/;

    complain($file, $first + 1, "$blank blank lines above a function, not 2")
        if $blank != 2;
}


sub check_braces {
    my ($file, $code) = @_;

    while ($code =~ /\b(if|for|while|switch)\s*(?=\()/g) {
        my ($word, $start) = ($1, pos $code);
        my $line = 1 + substr($code, 0, $start) =~ tr/\n//;
        my $depth = 0;
        my $at = $start;

        for (; $at < length $code; $at++) {
            my $c = substr $code, $at, 1;
            $depth++ if $c eq '(';
            $depth-- if $c eq ')';
            last if $depth == 0;
        }

        next if substr($code, 0, $start) =~ /^#[^\n]*\z/m;
        next if $word eq 'while' && substr($code, $at + 1) =~ /^\s*;/;

        complain($file, $line, "no brace after \"$word (...)\"")
            if substr($code, $at + 1) !~ /^[\s\\]*\{/;
    }

    while ($code =~ /^[^#\n]*\belse\b(?![\s\\]*(?:\{|if\b))/mg) {
        my $line = 1 + substr($code, 0, $-[0]) =~ tr/\n//;
        complain($file, $line, 'no brace after "else"');
    }
}


sub check_purity {
    my ($file, $code) = @_;
    my @include = do { open my $in, '<', $file or die "$file: $!"; <$in> };

    for my $i (0 .. $#$code) {
        complain($file, $i + 1, 'a pure room reaches outside by #include')
            if $include[$i] =~ /^\s*#\s*include\s*$outside/;
        complain($file, $i + 1, "a pure room calls $&")
            if $code->[$i] =~ $reaches_out;
        complain($file, $i + 1, "floating point in a pure room")
            if $code->[$i] =~ /\b(?:float|double|strtod|atof)\b/;
    }
}
