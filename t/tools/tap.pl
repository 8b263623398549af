#!/usr/bin/perl
#
# Runs programs that speak TAP and writes what they counted:
#
#     tap.pl <leg> <jobs> <command prefix, may be empty> <program> ...
#
# build/results/<leg> gets "passed failed".  A program that dies, breaks off its
# plan or runs no test at all counts as one failure, besides its own.

use strict;
use warnings;

use TAP::Harness;

my ($leg, $jobs, $prefix, @programs) = @ARGV;
my %options = (jobs => $jobs, verbosity => $ENV{VERBOSE} ? 1 : 0);

$options{exec} = [ split ' ', $prefix ] if length $prefix;

# Test::Nginx bails out when one block's nginx doesn't start; that is a failure
# of its file, and no reason to keep the others from running

{
    no warnings 'redefine';
    *TAP::Harness::_bailout = sub { };
}

my $harness = TAP::Harness->new(\%options);
my $aggregate = $harness->runtests(@programs);

my $passed = $aggregate->passed;
my $failed = $aggregate->failed;

for my $program (@programs) {
    my ($parser) = $aggregate->parsers($program);

    if (!$parser || !$parser->tests_run && !$parser->skip_all) {
        print STDERR "# $program ran no test\n";
        $failed++;

    } elsif ($parser->parse_errors
             || !$parser->failed && ($parser->exit || $parser->wait))
    {
        $failed++;
    }
}

mkdir 'build/results';
open my $out, '>', "build/results/$leg" or die "build/results/$leg: $!";
print $out "$passed $failed\n";
close $out or die "build/results/$leg: $!";

exit($failed || !$passed ? 1 : 0);
